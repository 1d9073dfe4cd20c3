#include "pipeline/loop/timer_queue.hpp"

#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "tests/pipeline/loop/bare_loop.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;

TEST_CASE("TimerQueue: a timer that restarts itself without delay starves nothing behind it") {
  BareLoop loop;
  std::string fired;
  Timer eager, patient;
  std::function<void()> again = [&] {
    fired += 'e';
    eager.start_at(loop, SteadyTime(1s), again);  // Earlier than any other timer, and in the past.
  };
  eager.start_at(loop, SteadyTime(1s), again);
  patient.start(loop, 0s, [&] { fired += 'p'; });

  const std::uint64_t turn = loop.take_turn();
  while (loop.timers().fire_one(loop.now_, turn)) {
  }
  CHECK(fired == "ep");
  CHECK(loop.timers().size() == 1);
  loop.timers().release_held_back();
  CHECK(loop.timers().next_due() == SteadyTime(1s));
  CHECK(loop.timers().fire_one(loop.now_, loop.take_turn()));
  CHECK(fired == "epe");
}

TEST_CASE("TimerQueue: a timer that is held back can be cancelled, and restarted for later") {
  BareLoop loop;
  std::string fired;
  const std::uint64_t turn = loop.take_turn();
  Timer a, b, c;
  a.start(loop, 0s, [&] { fired += 'a'; });
  b.start(loop, 0s, [&] { fired += 'b'; });
  c.start(loop, 0s, [&] { fired += 'c'; });
  CHECK_FALSE(loop.timers().fire_one(loop.now_, turn));
  CHECK(loop.timers().next_due() == kNever);
  a.cancel();
  b.start(loop, 1s, [&] { fired += 'B'; });
  CHECK(loop.timers().size() == 2);
  CHECK(loop.timers().next_due() == loop.now_ + 1s);
  loop.timers().release_held_back();
  while (loop.timers().fire_one(loop.now_ + 1s, loop.take_turn())) {
  }
  CHECK(fired == "cB");
}

TEST_CASE("TimerQueue: of several that are held back any two can be cancelled, in either order") {
  constexpr std::size_t kTimers = 5;
  for (std::size_t first = 0; first < kTimers; ++first) {
    for (std::size_t second = 0; second < kTimers; ++second) {
      if (first == second) continue;
      CAPTURE(first);
      CAPTURE(second);
      BareLoop loop;
      std::string fired;
      std::string expected;
      const std::uint64_t turn = loop.take_turn();
      Timer timers[kTimers];
      for (std::size_t i = 0; i < kTimers; ++i) {
        const char name = static_cast<char>('a' + i);
        timers[i].start(loop, 0s, [&fired, name] { fired += name; });
        if (i != first && i != second) expected += name;
      }
      CHECK_FALSE(loop.timers().fire_one(loop.now_, turn));
      timers[first].cancel();
      timers[second].cancel();
      CHECK(loop.timers().size() == kTimers - 2);
      loop.timers().release_held_back();
      while (loop.timers().fire_one(loop.now_, loop.take_turn())) {
      }
      CHECK(fired == expected);
      CHECK(loop.timers().empty());
    }
  }
}

TEST_CASE("TimerQueue: one that is held back, released and held back again can be cancelled") {
  BareLoop loop;
  std::string fired;
  std::uint64_t turn = loop.take_turn();
  Timer a, b, c;
  a.start(loop, 0s, [&] { fired += 'a'; });
  b.start(loop, 0s, [&] { fired += 'b'; });
  c.start(loop, 0s, [&] { fired += 'c'; });
  for (int round = 0; round < 3; ++round) {
    CHECK_FALSE(loop.timers().fire_one(loop.now_, turn));
    CHECK(loop.timers().next_due() == kNever);
    loop.timers().release_held_back();
    CHECK(loop.timers().next_due() == loop.now_);
  }
  CHECK_FALSE(loop.timers().fire_one(loop.now_, turn));
  b.cancel();
  c.start(loop, 0s, [&] { fired += 'C'; });
  loop.timers().release_held_back();
  b.start(loop, 0s, [&] { fired += 'B'; });
  turn = loop.take_turn();
  while (loop.timers().fire_one(loop.now_, turn)) {
  }
  CHECK(fired == "aCB");
}

TEST_CASE(
    "TimerQueue: stopping stops those that are held back, too, and lets go of what they hold") {
  BareLoop loop;
  const auto held = std::make_shared<int>(1);
  const std::uint64_t turn = loop.take_turn();
  Timer due, later;
  due.start(loop, 0s, [held] {});
  later.start(loop, 1h, [held] {});
  CHECK_FALSE(loop.timers().fire_one(loop.now_, turn));
  loop.timers().stop_all();
  CHECK_FALSE(due.running());
  CHECK_FALSE(later.running());
  CHECK(held.use_count() == 1);
  CHECK(loop.timers().empty());
  due.start(loop, 0s, [] {});
  CHECK(loop.timers().fire_one(loop.now_, loop.take_turn()));
}

TEST_CASE("TimerQueue: an old turn lets a timer fire that was started after the bound was taken") {
  BareLoop loop;
  const std::uint64_t earlier = loop.take_turn();
  const std::uint64_t bound = loop.take_turn();
  bool fired = false;
  Timer timer;
  timer.start_at(loop, loop.now_, earlier, [&] { fired = true; });
  CHECK(loop.timers().fire_one(loop.now_, bound));
  CHECK(fired);
}

}  // namespace
}  // namespace azure::iot::device
