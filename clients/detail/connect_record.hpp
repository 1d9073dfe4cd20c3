#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "../../pipeline/error.hpp"
#include "../../pipeline/loop/time.hpp"
#include "../../pipeline/retry_policy.hpp"

namespace azure::iot::device::detail {

// The record of the attempts to connect to the hub that a device was given to: whether it is time
// to ask for another hub. Of one thread.
class ConnectRecord {
 public:
  // How the hub's client spaces its attempts.
  struct Pace {
    std::shared_ptr<const RetryPolicy> policy;  // May be null: every `interval`.
    Duration interval{};
  };

  // `limit`: how many failures in a row mean that the hub is gone.
  ConnectRecord(int limit, std::function<double()> random)
      : limit_(limit), random_(std::move(random)) {}

  void set_pace(Pace pace) { pace_ = std::move(pace); }

  // Notes the end of an attempt. A failure counts if a policy made the attempt (`spaced`), or if as
  // much time has passed since the last that counted as the policy would have waited. So the calls
  // of one moment of an outage count once. A cancelled attempt says nothing of the hub.
  void note(const Error& error, bool spaced, SteadyTime now);

  // The hub refused the device at the last attempt.
  bool refused() const { return refused_; }
  bool hub_is_gone() const { return refused_ || failures_ >= limit_; }
  // Begins again: for a new registration.
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
