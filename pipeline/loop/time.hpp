#pragma once

#include <chrono>

namespace azure::iot::device {

// Time that only passes: for timers and deadlines. Includes the time that a machine was asleep.
struct SteadyClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<SteadyClock>;
  static constexpr bool is_steady = true;
};
using Duration = SteadyClock::duration;
using SteadyTime = SteadyClock::time_point;

// Time of day: for the expiry of tokens. May jump.
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

// A deadline that never comes.
inline constexpr SteadyTime kNever = SteadyTime::max();

// `base` plus `delay`, `kNever` where that cannot be represented; never before `base`.
constexpr SteadyTime saturating_add(SteadyTime base, Duration delay) {
  if (delay <= Duration::zero()) return base;
  return base > kNever - delay ? kNever : base + delay;
}

}  // namespace azure::iot::device
