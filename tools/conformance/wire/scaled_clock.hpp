#pragma once

#include <atomic>

#include "pipeline/loop/loop_clock.hpp"

namespace azure::iot::device::conformance::wire {

// Time that passes `scale` times faster, beside a time of day that stands still until it is set.
class ScaledClock final : public LoopClock {
 public:
  ScaledClock(double scale, WallTime wall) : scale_(scale), wall_(wall.time_since_epoch()) {}

  SteadyTime steady_now() const override {
    return SteadyTime{} + skipped_.load() + times(read_system_steady_clock() - start_, scale_);
  }
  WallTime wall_now() const override { return WallTime(wall_.load()); }
  SteadyTime on_system_clock(SteadyTime due) const override {
    return start_ + times(due - SteadyTime{} - skipped_.load(), 1 / scale_) + Duration(1);
  }

  // After advancing one of them, notify the loop (EpollLoop::wall_clock_was_set).
  void advance_wall(Duration by) { wall_ = wall_.load() + by; }
  void skip(Duration by) { skipped_ = skipped_.load() + by; }

 private:
  static Duration times(Duration duration, double factor) {
    return Duration(static_cast<Duration::rep>(static_cast<double>(duration.count()) * factor));
  }

  const double scale_;
  const SteadyTime start_ = read_system_steady_clock();
  std::atomic<Duration> wall_;
  std::atomic<Duration> skipped_ = Duration::zero();
};

}  // namespace azure::iot::device::conformance::wire
