#include "hub/throttle.hpp"

#include <algorithm>

namespace azure::iot::device::simulator {

std::optional<Throttle::Duration> Throttle::admit(Time now) {
  if (interval_ == Duration::zero()) return Duration::zero();
  next_ = std::max(next_, now - std::chrono::seconds(1));
  const Duration delay = std::max(next_ - now, Duration::zero());
  if (delay == Duration::zero()) {
    shaping_since_.reset();
  } else {
    if (!shaping_since_) shaping_since_ = now;
    // Requests that wait may pile up, or come no faster than they are let through.
    if (delay >= shaping_ || now - *shaping_since_ >= shaping_) return std::nullopt;
  }
  next_ += interval_;
  return delay;
}

}  // namespace azure::iot::device::simulator
