#pragma once

#include <chrono>

namespace azure::iot::device {

// A steady clock, for timers and deadlines. Includes the time during which the machine is
// suspended.
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

// Returns `base` plus `delay`, or `kNever` if that cannot be represented; never a time before
// `base`.
constexpr SteadyTime saturating_add(SteadyTime base, Duration delay) {
  if (delay <= Duration::zero()) return base;
  return base > kNever - delay ? kNever : base + delay;
}

// Converts a duration or time of day from outside, in a coarser unit. A value out of range becomes
// the nearest one that can be represented. (Times of day range from the year 1677 to 2262.)
template <class Rep, class Period>
constexpr Duration saturating_duration(std::chrono::duration<Rep, Period> given) {
  using Given = std::chrono::duration<Rep, Period>;
  if (given >= std::chrono::duration_cast<Given>(Duration::max())) return Duration::max();
  if (given <= std::chrono::duration_cast<Given>(Duration::min())) return Duration::min();
  return std::chrono::duration_cast<Duration>(given);
}
constexpr WallTime to_wall_time(std::chrono::sys_seconds time) {
  return WallTime(saturating_duration(time.time_since_epoch()));
}

constexpr WallTime saturating_add(WallTime base, Duration delay) {
  Duration::rep sum = 0;
  if (!__builtin_add_overflow(base.time_since_epoch().count(), delay.count(), &sum)) {
    return WallTime(Duration(sum));
  }
  return delay > Duration::zero() ? WallTime::max() : WallTime::min();
}

// Returns how much later `a` is than `b`; negative if it is earlier.
constexpr Duration saturating_difference(WallTime a, WallTime b) {
  Duration::rep difference = 0;
  if (!__builtin_sub_overflow(a.time_since_epoch().count(), b.time_since_epoch().count(),
                              &difference)) {
    return Duration(difference);
  }
  return a > b ? Duration::max() : Duration::min();
}

}  // namespace azure::iot::device
