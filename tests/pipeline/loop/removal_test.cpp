// Timers and alarms whose callbacks cancel or start others.
#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "pipeline/loop/manual_loop.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;

constexpr std::size_t kCount = 5;

// All names except those at the given places.
std::string all_but(std::initializer_list<std::size_t> places) {
  std::string names;
  for (std::size_t i = 0; i < kCount; ++i) {
    if (std::find(places.begin(), places.end(), i) == places.end()) {
      names += static_cast<char>('a' + i);
    }
  }
  return names;
}

}  // namespace

TEST_CASE("Timer: one that fires may cancel any two of those that are due with it") {
  for (std::size_t x = 1; x < kCount; ++x) {
    for (std::size_t y = 1; y < kCount; ++y) {
      ManualLoop loop;
      std::string fired;
      Timer timers[kCount];
      for (std::size_t i = 0; i < kCount; ++i) {
        timers[i].start(loop, 1s, [&, i] {
          fired += static_cast<char>('a' + i);
          if (i != 0) return;
          timers[x].cancel();
          timers[y].cancel();
        });
      }
      loop.advance(1s);
      CHECK(fired == all_but({x, y}));
      CHECK(loop.pending_timers() == 0);
    }
  }
}

TEST_CASE(
    "Timer: one that fires may destroy one that is due with it, and start another in its place") {
  ManualLoop loop;
  std::string fired;
  Timer first, last, fresh;
  auto destroyed = std::make_unique<Timer>();
  first.start(loop, 1s, [&] {
    fired += '1';
    destroyed.reset();
    last.start(loop, 0s, [&] { fired += 'r'; });
    fresh.start(loop, 0s, [&] { fired += 'f'; });
  });
  destroyed->start(loop, 1s, [&] { fired += 'd'; });
  last.start(loop, 1s, [&] { fired += '3'; });
  loop.advance(1s);
  CHECK(fired == "1rf");
  CHECK(loop.pending_timers() == 0);
}

TEST_CASE("Timer: one that is held back may be cancelled by one that fires") {
  ManualLoop loop;
  std::string fired;
  Timer starter, a, b, c, canceller;
  starter.start(loop, 1s, [&] {
    for (Timer* timer : {&a, &b, &c}) timer->start(loop, 0s, [&] { fired += 'x'; });
  });
  canceller.start(loop, 1s, [&] {
    a.cancel();
    c.cancel();
  });
  loop.advance(1s);
  CHECK(fired == "x");
  CHECK(loop.pending_timers() == 0);
}

TEST_CASE("Alarm: one that fires may cancel any two of those that are due with it") {
  for (std::size_t x = 1; x < kCount; ++x) {
    for (std::size_t y = 1; y < kCount; ++y) {
      ManualLoop loop;
      std::string fired;
      Alarm alarms[kCount];
      const WallTime due = loop.wall_now() + 1h;
      for (std::size_t i = 0; i < kCount; ++i) {
        alarms[i].start(loop, due, [&, i] {
          fired += static_cast<char>('a' + i);
          if (i != 0) return;
          alarms[x].cancel();
          alarms[y].cancel();
        });
      }
      // All are checked again.
      loop.jump_wall_clock(1h);
      loop.advance(0s);
      CHECK(fired == all_but({x, y}));
      loop.jump_wall_clock(1h);
      loop.advance(1h);
      CHECK(fired == all_but({x, y}));
      CHECK(loop.pending_timers() == 0);
    }
  }
}

TEST_CASE("Alarm: any two of several can be cancelled, and a jump of the clock moves the rest") {
  for (std::size_t x = 0; x < kCount; ++x) {
    for (std::size_t y = 0; y < kCount; ++y) {
      ManualLoop loop;
      std::string fired;
      Alarm alarms[kCount];
      for (std::size_t i = 0; i < kCount; ++i) {
        alarms[i].start(loop, loop.wall_now() + 1h,
                        [&, i] { fired += static_cast<char>('a' + i); });
      }
      alarms[x].cancel();
      alarms[y].cancel();
      loop.jump_wall_clock(-1h);
      loop.advance(1h);
      CHECK(fired.empty());
      loop.advance(1h);
      CHECK(fired == all_but({x, y}));
    }
  }
}

TEST_CASE("Alarm: one that has fired is not moved by later jumps, nor is one that was restarted") {
  ManualLoop loop;
  int fired = 0;
  Alarm once, again;
  once.start(loop, loop.wall_now() + 1s, [&] { ++fired; });
  again.start(loop, loop.wall_now() + 1s, [&] {
    ++fired;
    again.start(loop, loop.wall_now() + 1h, [&] { fired += 10; });
  });
  loop.advance(1s);
  CHECK(fired == 2);
  CHECK_FALSE(once.running());
  loop.jump_wall_clock(30min);
  loop.advance(0s);
  CHECK(fired == 2);
  loop.advance(30min);
  CHECK(fired == 12);
}

}  // namespace azure::iot::device
