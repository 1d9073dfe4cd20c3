#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "../../pipeline/error.hpp"
#include "../../pipeline/loop/time.hpp"
#include "../../pipeline/retry_policy.hpp"

namespace azure::iot::device::detail {

// Record of the attempts to connect to the hub that a device is assigned to. Decides when the
// device should ask for another hub. Used on one thread.
class ConnectRecord {
 public:
  // Intervals at which the hub's client makes its attempts.
  struct Pace {
    std::shared_ptr<const RetryPolicy> policy;  // Null means every `interval`.
    Duration interval{};
  };

  // `limit`: number of failures in a row after which the hub counts as unreachable.
  ConnectRecord(int limit, std::function<double()> random)
      : limit_(limit), random_(std::move(random)) {}

  void set_pace(Pace pace) { pace_ = std::move(pace); }

  // Records the end of an attempt. A failure counts if a policy made the attempt (`spaced`). It
  // also counts if the pause of the policy has passed since the last failure that counted. So the
  // calls of one moment of an outage count once. A cancelled attempt is ignored.
  void note(const Error& error, bool spaced, SteadyTime now);

  // Whether the hub refused the device at the last attempt.
  bool refused() const { return refused_; }
  bool hub_is_gone() const { return refused_ || failures_ >= limit_; }
  // Resets the record, for a new registration.
  void clear();

 private:
  const int limit_;
  const std::function<double()> random_;
  Pace pace_;
  int failures_ = 0;  // In a row.
  bool refused_ = false;
  SteadyTime next_counts_ = SteadyTime::min();
};

}  // namespace azure::iot::device::detail
