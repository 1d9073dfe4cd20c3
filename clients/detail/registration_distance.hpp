#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "../../pipeline/loop/time.hpp"

namespace azure::iot::device::detail {

// Shortest time between the registrations of one device, each of which is billed. The second and
// the third wait for `least` after the one before. Each further one waits twice as long, up to
// 2^kDoublings times `least`. A link that has held for kHolds resets the time to `least`. Used on
// one thread.
class RegistrationDistance {
 public:
  static constexpr Duration kHolds = std::chrono::minutes{1};
  static constexpr int kDoublings = 7;

  explicit RegistrationDistance(Duration least) : least_(least) {}

  void registered(SteadyTime now) {
    last_ = now;
    ++in_a_row_;
  }
  void link_up(SteadyTime now) { up_since_ = now; }
  void link_down(SteadyTime now) {
    if (up_since_ && now - *up_since_ >= kHolds) in_a_row_ = 0;
    up_since_.reset();
  }

  // Returns how long the next registration has to wait.
  Duration left(SteadyTime now) const {
    if (!last_) return Duration::zero();
    const int doublings = std::clamp(in_a_row_ - 2, 0, kDoublings);
    return std::max(*last_ + least_ * (1 << doublings) - now, Duration::zero());
  }

 private:
  const Duration least_;
  std::optional<SteadyTime> last_;
  std::optional<SteadyTime> up_since_;
  int in_a_row_ = 0;  // Registrations since a link last held.
};

}  // namespace azure::iot::device::detail
