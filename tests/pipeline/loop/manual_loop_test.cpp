#include "pipeline/loop/manual_loop.hpp"

#include <memory>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;

template <class F>
PostedWork* work(F f) {
  return new PostedCall<F>(std::move(f));
}

TEST_CASE("ManualLoop: posted work waits to be run, and runs in order with what it posts") {
  ManualLoop loop;
  std::string ran;
  loop.post([&] {
    ran += 'a';
    loop.post([&] { ran += 'c'; });
  });
  loop.post([&] { ran += 'b'; });
  CHECK(ran.empty());
  loop.run_posted();
  CHECK(ran == "abc");
}

TEST_CASE("ManualLoop: what is left for before it waits runs after all that is posted") {
  ManualLoop loop;
  std::string ran;
  loop.post([&] {
    loop.before_waiting(work([&] {
      ran += 'e';
      loop.post([&] { ran += 'n'; });
    }));
    loop.post([&] { ran += 'p'; });
  });
  loop.run_posted();
  CHECK(ran == "pen");
}

TEST_CASE("ManualLoop: timers fire with both clocks at their due time") {
  ManualLoop loop(WallTime{100s});
  SteadyTime steady{};
  WallTime wall{};
  Timer timer;
  timer.start(loop, 3s, [&] {
    steady = loop.now();
    wall = loop.wall_now();
  });
  loop.advance(10s);
  CHECK(steady == SteadyTime(3s));
  CHECK(wall == WallTime(103s));
  CHECK(loop.now() == SteadyTime(10s));
  CHECK(loop.wall_now() == WallTime(110s));
}

TEST_CASE("ManualLoop: what a timer posts runs before the next timer, even one due with it") {
  ManualLoop loop;
  std::string ran;
  Timer a, b;
  a.start(loop, 1s, [&] {
    ran += 'a';
    loop.post([&] { ran += 'p'; });
    loop.before_waiting(work([&] { ran += 'e'; }));
  });
  b.start(loop, 1s, [&] { ran += 'b'; });
  loop.advance(1s);
  CHECK(ran == "apeb");
}

TEST_CASE("ManualLoop: a timer started on the way fires on the way, also one due right then") {
  ManualLoop loop;
  std::string ran;
  Timer first, later, at_once;
  first.start(loop, 1s, [&] {
    at_once.start(loop, 0s, [&] { ran += 'o'; });
    later.start(loop, 1s, [&] { ran += 'l'; });
  });
  loop.advance(1s);
  CHECK(ran == "o");
  loop.advance(5s);
  CHECK(ran == "ol");
  CHECK(loop.pending_timers() == 0);
}

TEST_CASE("ManualLoop: a timer that is due at once fires behind the others of its moment") {
  ManualLoop loop;
  std::string ran;
  Timer first, other, at_once, past, after_it;
  first.start(loop, 1s, [&] {
    at_once.start(loop, 0s, [&] {
      ran += 'o';
      after_it.start(loop, 0s, [&] { ran += 'a'; });
    });
    past.start_at(loop, SteadyTime(), [&] { ran += 'p'; });
    ran += 'f';
  });
  other.start(loop, 1s, [&] { ran += 't'; });
  loop.advance(1s);
  CHECK(ran == "ftpoa");
}

TEST_CASE("ManualLoop: a timer without delay that restarts itself does not stop the clocks") {
  ManualLoop loop;
  std::size_t fired = 0;
  SteadyTime other_fired{};
  Timer timer, other;
  std::function<void()> again = [&] {
    ++fired;
    timer.start(loop, 0s, again);
  };
  timer.start(loop, 0s, again);
  other.start(loop, 1min, [&] { other_fired = loop.now(); });
  loop.advance(1h);
  CHECK(fired == ManualLoop::kMostTimers + 2);  // Once more when the other one was due.
  CHECK(other_fired == SteadyTime(1min));
  CHECK(loop.now() == SteadyTime(1h));
  timer.cancel();
  CHECK(loop.pending_timers() == 0);
}

TEST_CASE("ManualLoop: a timer that posted work starts at the same moment fires in that moment") {
  ManualLoop loop;
  std::string ran;
  Timer timer, from_post;
  timer.start(loop, 1s,
              [&] { loop.post([&] { from_post.start(loop, 0s, [&] { ran += 'x'; }); }); });
  loop.advance(1s);
  CHECK(ran == "x");
}

TEST_CASE("ManualLoop: what was posted before an advance runs first, and its timers fire in it") {
  ManualLoop loop;
  std::string ran;
  Timer timer;
  loop.post([&] { timer.start(loop, 0s, [&] { ran += 'x'; }); });
  loop.advance(0s);
  CHECK(ran == "x");
}

TEST_CASE("ManualLoop: an exception from a timer reaches the caller and leaves the loop usable") {
  ManualLoop loop;
  bool fired = false;
  Timer thrower, held, other;
  thrower.start(loop, 1s, [&] {
    held.start(loop, 0s, [] {});
    throw std::runtime_error("boom");
  });
  other.start(loop, 2s, [&] { fired = true; });
  CHECK_THROWS_WITH_AS(loop.advance(5s), "boom", std::runtime_error);
  CHECK(loop.now() == SteadyTime(1s));
  loop.advance(1s);
  CHECK(fired);
  CHECK(loop.pending_timers() == 0);
}

TEST_CASE("ManualLoop: work that is left when it ends is discarded, not run") {
  auto held = std::make_shared<bool>(false);
  {
    ManualLoop loop;
    loop.post([held] { *held = true; });
    loop.before_waiting(work([held] { *held = true; }));
  }
  CHECK_FALSE(*held);
  CHECK(held.use_count() == 1);
}

TEST_CASE("ManualLoop: run_until lets as much time pass as it takes, and no more") {
  ManualLoop loop;
  bool done = false, later = false;
  Timer timer, next, beyond;
  timer.start(loop, 1h, [&] { next.start(loop, 1h, [&] { loop.post([&] { done = true; }); }); });
  beyond.start(loop, 3h, [&] { later = true; });
  CHECK(loop.run_until([&] { return done; }));
  CHECK(loop.now() == SteadyTime(2h));
  CHECK_FALSE(later);
}

TEST_CASE("ManualLoop: run_until gives up when nothing is left to run") {
  ManualLoop loop;
  Timer timer;
  timer.start(loop, 1h, [] {});
  CHECK_FALSE(loop.run_until([] { return false; }));
  CHECK(loop.now() == SteadyTime(1h));
}

TEST_CASE("ManualLoop: run_until gives up on a timer that starts itself for ever") {
  ManualLoop loop;
  Timer timer;
  std::function<void()> again = [&] { timer.start(loop, 0s, again); };
  again();
  CHECK_FALSE(loop.run_until([] { return false; }));
}

TEST_CASE("ManualLoop: what runs on it may not wait, but where it says that it is outside") {
  ManualLoop loop;
  CHECK(loop.may_wait());
  std::string seen;
  const auto look = [&] { seen += loop.may_wait() ? "o" : "i"; };
  Timer timer;
  timer.start(loop, 1s, look);
  loop.post([&] {
    look();
    loop.outside(look);
    look();
  });
  loop.advance(1s);
  look();
  CHECK(seen == "ioiio");
}

TEST_CASE("ManualLoop: who waits inside an advance may move the clocks further than it") {
  ManualLoop loop;
  bool done = false;
  std::string fired;
  Timer waiting, slow, between;
  waiting.start(loop, 1s, [&] {
    loop.outside([&] { CHECK(loop.run_until([&] { return done; })); });
    fired += "w";
  });
  between.start(loop, 2s, [&] { fired += "b"; });
  slow.start(loop, 1min, [&] { done = true; });
  loop.advance(3s);
  CHECK(fired == "bw");
  CHECK(loop.now() == SteadyTime(1min));
  CHECK(loop.wall_now() == ManualLoop().wall_now() + 1min);
}

TEST_CASE("ManualLoop: refuses to watch descriptors, and says what to use") {
  ManualLoop loop;
  CHECK_THROWS_AS(loop.watch(0, EventLoop::kReadable, [](unsigned) {}), std::logic_error);
  CHECK_THROWS_AS(loop.change_watch(0, EventLoop::kWritable), std::logic_error);
  CHECK_THROWS_AS(loop.unwatch(0), std::logic_error);
}

}  // namespace
}  // namespace azure::iot::device
