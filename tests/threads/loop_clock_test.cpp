#include "pipeline/loop/loop_clock.hpp"

#include <atomic>

#include <doctest/doctest.h>

#include "pipeline/loop/epoll_loop.hpp"
#include "tests/threads/loop_probe.hpp"

namespace azure::iot::device {
namespace {

using namespace std::chrono_literals;

// An hour passes in less than four milliseconds; the time of day stands still until it is set.
class FastClock final : public LoopClock {
 public:
  static constexpr int kTimes = 1'000'000;

  SteadyTime steady_now() const override {
    return SteadyTime{} + kTimes * (read_system_steady_clock() - start_);
  }
  WallTime wall_now() const override { return WallTime(wall_.load()); }
  SteadyTime on_system_clock(SteadyTime due) const override {
    return start_ + (due - SteadyTime{}) / kTimes + 1ns;
  }
  void set_wall(WallTime time) { wall_ = time.time_since_epoch(); }

 private:
  const SteadyTime start_ = read_system_steady_clock();
  std::atomic<Duration> wall_ = Duration(1000s);
};

}  // namespace

TEST_CASE("EpollLoop: a timer waits as long as the clock it was given says, and not longer") {
  const auto loop = EpollLoop::start(std::make_shared<FastClock>());
  Timer timer;
  std::promise<Duration> waited;
  on_loop(*loop, [&] {
    timer.start(*loop, 1h, [&, began = loop->now()] { waited.set_value(loop->now() - began); });
  });
  CHECK(get(waited.get_future()) >= 1h);
  on_loop(*loop, [&] { timer.cancel(); });
}

TEST_CASE("EpollLoop: an alarm goes by the time of day it was given, and fires when that is set") {
  const auto clock = std::make_shared<FastClock>();
  const auto loop = EpollLoop::start(clock);
  CHECK(loop->wall_now() == WallTime(1000s));
  Alarm alarm;
  Timer later;
  std::atomic<bool> fired = false;
  std::promise<void> passed, rung;
  on_loop(*loop, [&] {
    alarm.start(*loop, WallTime(1060s), [&] {
      fired = true;
      rung.set_value();
    });
    later.start(*loop, 24h, [&] { passed.set_value(); });
  });
  get(passed.get_future());
  CHECK_FALSE(fired);  // A day later the time of day is still the same.

  clock->set_wall(WallTime(1060s));
  loop->wall_clock_was_set();
  get(rung.get_future());
  CHECK(fired);
}

}  // namespace azure::iot::device
