#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "pipeline/loop/manual_loop.hpp"
#include "tests/pipeline/loop/bare_loop.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;

constexpr WallTime kStart{1'700'000'000s};

TEST_CASE("Alarm: fires when the wall clock reaches its time and not before") {
  ManualLoop loop(kStart);
  int fired = 0;
  Alarm alarm;
  alarm.start(loop, kStart + 1h, [&] { ++fired; });
  CHECK(alarm.running());
  CHECK(alarm.due() == kStart + 1h);
  loop.advance(1h - 1ns);
  CHECK(fired == 0);
  loop.advance(1ns);
  CHECK(fired == 1);
  CHECK(loop.wall_now() == kStart + 1h);
  CHECK_FALSE(alarm.running());
}

TEST_CASE("Alarm: a time that is past already fires on the next turn") {
  ManualLoop loop(kStart);
  int fired = 0;
  Alarm alarm;
  alarm.start(loop, kStart - 1h, [&] { ++fired; });
  CHECK(fired == 0);
  loop.advance(0s);
  CHECK(fired == 1);
}

TEST_CASE("Alarm: a wall clock that is put forward past its time fires it at once") {
  ManualLoop loop(kStart);
  int fired = 0;
  Alarm alarm;
  alarm.start(loop, kStart + 1h, [&] { ++fired; });
  loop.jump_wall_clock(2h);
  CHECK(fired == 0);
  loop.advance(0s);
  CHECK(fired == 1);
  CHECK(loop.now() == SteadyTime{});
}

TEST_CASE("Alarm: a wall clock that is put back delays it, and no timer") {
  ManualLoop loop(kStart);
  std::string fired;
  Alarm alarm;
  Timer timer;
  alarm.start(loop, kStart + 1h, [&] { fired += 'a'; });
  timer.start(loop, 1h, [&] { fired += 't'; });
  loop.jump_wall_clock(-30min);
  loop.advance(1h);
  CHECK(fired == "t");
  loop.advance(30min - 1ns);
  CHECK(fired == "t");
  loop.advance(1ns);
  CHECK(fired == "ta");
}

TEST_CASE("Alarm: alarms for the same time keep their order over a jump of the wall clock") {
  ManualLoop loop(kStart);
  std::string fired;
  Alarm a, b, c;
  c.start(loop, kStart + 1h, [&] { fired += 'c'; });
  a.start(loop, kStart + 1h, [&] { fired += 'a'; });
  b.start(loop, kStart + 1h, [&] { fired += 'b'; });
  loop.jump_wall_clock(10min);
  loop.advance(50min);
  CHECK(fired == "cab");
}

TEST_CASE("Alarm: can be cancelled, restarted and destroyed, first, last or in between") {
  ManualLoop loop(kStart);
  std::string fired;
  Alarm a, b, d;
  auto c = std::make_unique<Alarm>();
  a.start(loop, kStart + 1s, [&] { fired += 'a'; });
  b.start(loop, kStart + 2s, [&] { fired += 'b'; });
  c->start(loop, kStart + 3s, [&] { fired += 'c'; });
  d.start(loop, kStart + 4s, [&] { fired += 'd'; });
  c.reset();
  a.cancel();
  b.start(loop, kStart + 5s, [&] { fired += 'B'; });
  CHECK(loop.pending_timers() == 2);
  loop.jump_wall_clock(1s);
  loop.advance(3s);
  CHECK(fired == "d");
  loop.advance(1s);
  CHECK(fired == "dB");
}

TEST_CASE("Alarm: may restart and may destroy itself inside its own function") {
  ManualLoop loop(kStart);
  std::string fired;
  auto alarm = std::make_unique<Alarm>();
  alarm->start(loop, kStart + 1s, [&] {
    fired += '1';
    alarm->start(loop, kStart + 2s, [&] {
      alarm.reset();
      fired += '2';
    });
  });
  loop.advance(1min);
  CHECK(fired == "12");
  CHECK(loop.pending_timers() == 0);
}

TEST_CASE("Alarm: times at either end of the calendar are handled") {
  ManualLoop loop(kStart);
  std::string fired;
  Alarm never, past;
  never.start(loop, WallTime::max(), [&] { fired += 'n'; });
  past.start(loop, WallTime::min(), [&] { fired += 'p'; });
  loop.advance(24h);
  CHECK(fired == "p");
}

TEST_CASE("Alarm: waits on for a wall clock that has been slowed down, which nobody tells") {
  BareLoop loop;
  loop.wall_ = kStart;
  int fired = 0;
  Alarm alarm;
  alarm.start(loop, kStart + 1h, [&] { ++fired; });
  loop.now_ += 1h;
  loop.wall_ += 1h - 2s;
  while (loop.timers().fire_one(loop.now_, loop.take_turn())) {
  }
  CHECK(fired == 0);
  CHECK(loop.timers().next_due() == loop.now_ + 2s);
  loop.now_ += 2s;
  loop.wall_ += 2s;
  CHECK(loop.timers().fire_one(loop.now_, loop.take_turn()));
  CHECK(fired == 1);
}

TEST_CASE("Alarm: is stopped when its loop ends first") {
  Alarm a, b;
  auto held = std::make_shared<int>(1);
  {
    ManualLoop loop;
    a.start(loop, WallTime{} + 1h, [held] {});
    b.start(loop, WallTime{} + 2h, [held] {});
  }
  CHECK_FALSE(a.running());
  CHECK_FALSE(b.running());
  CHECK(held.use_count() == 1);
}

}  // namespace
}  // namespace azure::iot::device
