#include "pipeline/retry_policy.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace azure::iot::device {

std::optional<Duration> FixedInterval::next_pause(const Failure& failure) const {
  if (failure.failures == 0) return kFirstPause;
  return is_transient(failure.cause) ? std::optional(interval_) : std::nullopt;
}

ExponentialBackoff::ExponentialBackoff(Limits limits) : limits_(limits) {
  const auto require = [](bool holds, const char* rule) {
    if (!holds) throw std::invalid_argument(std::string("ExponentialBackoff: ") + rule);
  };
  require(limits.first > Duration::zero(), "first must be above 0");
  require(limits.longest >= limits.first, "longest must not be below first");
  require(limits.holds_after > Duration::zero(), "holds_after must be above 0");
}

std::optional<Duration> ExponentialBackoff::next_pause(const Failure& failure) const {
  const bool credential = failure.cause.code() == Errc::unauthorized;
  const bool again = failure.failures == 0 || is_transient(failure.cause) ||
                     (credential && limits_.retry_refused_credentials);
  if (!again) return std::nullopt;
  // Computed in floating point, so that doubling cannot overflow.
  const double limit = std::min(
      static_cast<double>(limits_.longest.count()),
      std::ldexp(static_cast<double>(limits_.first.count()), std::min(failure.failures, 1000)));
  const double pause = limit * failure.random();
  if (!(pause > 0)) return Duration::zero();
  if (pause >= static_cast<double>(limits_.longest.count())) return limits_.longest;
  return Duration(static_cast<Duration::rep>(pause));
}

}  // namespace azure::iot::device
