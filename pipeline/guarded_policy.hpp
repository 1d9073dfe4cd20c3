#pragma once

#include <chrono>
#include <optional>

#include "error.hpp"
#include "loop/time.hpp"
#include "retry_policy.hpp"

namespace azure::iot::device {

// The shortest pauses: after a lost link, and after a failed attempt. They keep every retry loop of
// the library from spinning, whatever a policy, an option or a service asks for.
inline constexpr Duration kLeastFirstPause = std::chrono::milliseconds{10};
inline constexpr Duration kLeastPause = std::chrono::milliseconds{100};

// A wrapper through which the library calls a retry policy. The policy is code of the application:
// if it throws, another policy decides, and its pauses are raised to a minimum.
class GuardedPolicy {
 public:
  // `policy` may be null; then `otherwise` decides. Both must outlive this.
  GuardedPolicy(const RetryPolicy* policy, const RetryPolicy& otherwise)
      : policy_(policy ? *policy : otherwise), otherwise_(otherwise) {}

  std::optional<Duration> next_pause(const RetryPolicy::Failure& failure);
  Duration holds_after();

  // The error to report to the application if its policy threw.
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
