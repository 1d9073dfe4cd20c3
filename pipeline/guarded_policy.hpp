#pragma once

#include <chrono>
#include <optional>

#include "error.hpp"
#include "loop/time.hpp"
#include "retry_policy.hpp"

namespace azure::iot::device {

// The shortest pauses: after a link was lost, and after an attempt failed. No loop of the library
// repeats without time passing, whatever a policy, an option or a service asks for.
inline constexpr Duration kLeastFirstPause = std::chrono::milliseconds{10};
inline constexpr Duration kLeastPause = std::chrono::milliseconds{100};

// A retry policy as the library asks it. The policy is code of the application: if it throws,
// another one answers, and the pauses that it asks for have a floor.
class GuardedPolicy {
 public:
  // `policy` may be null; then `otherwise` answers alone. Both must outlive this.
  GuardedPolicy(const RetryPolicy* policy, const RetryPolicy& otherwise)
      : policy_(policy ? *policy : otherwise), otherwise_(otherwise) {}

  std::optional<Duration> next_pause(const RetryPolicy::Failure& failure);
  Duration holds_after();

  // Set if the policy threw; for the application, whose code it is.
  const Error& thrown() const& { return thrown_; }
  Error thrown() const&& { return thrown_; }

 private:
  template <class Ask>
  auto ask(Ask ask);

  const RetryPolicy& policy_;
  const RetryPolicy& otherwise_;
  Error thrown_;
};

}  // namespace azure::iot::device
