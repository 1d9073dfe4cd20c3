#include "clients/detail/connect_record.hpp"

#include "pipeline/guarded_policy.hpp"

namespace azure::iot::device::detail {

void ConnectRecord::note(const Error& error, bool spaced, SteadyTime now) {
  if (error.code() == Errc::operation_cancelled) return;
  refused_ = error.code() == Errc::unauthorized;
  if (!error) {
    failures_ = 0;
    next_counts_ = SteadyTime::min();
    return;
  }
  if (!spaced && now < next_counts_) return;
  ++failures_;
  const FixedInterval standard(pace_.interval);
  GuardedPolicy policy(pace_.policy.get(), standard);
  const auto pause = policy.next_pause({.failures = failures_, .cause = error, .random = random_});
  next_counts_ = saturating_add(now, pause.value_or(pace_.interval));
}

void ConnectRecord::clear() {
  failures_ = 0;
  refused_ = false;
  next_counts_ = SteadyTime::min();
}

}  // namespace azure::iot::device::detail
