#include "pipeline/guarded_policy.hpp"

#include <algorithm>
#include <exception>
#include <string>

#include "pipeline/text/quoted.hpp"

namespace azure::iot::device {
namespace {

Error thrown_by_policy(const std::string& what) {
  return Error(Errc::user_policy, "the retry policy threw: " + what);
}

}  // namespace

template <class Ask>
auto GuardedPolicy::ask(Ask ask) {
  try {
    return ask(policy_);
  } catch (const std::exception& e) {
    thrown_ = thrown_by_policy(words_of(e));
  } catch (...) {
    thrown_ = thrown_by_policy("unknown exception");
  }
  return ask(otherwise_);
}

std::optional<Duration> GuardedPolicy::next_pause(const RetryPolicy::Failure& failure) {
  const auto pause = ask([&](const RetryPolicy& policy) { return policy.next_pause(failure); });
  if (!pause) return std::nullopt;
  return std::max(*pause, failure.failures == 0 ? kLeastFirstPause : kLeastPause);
}

Duration GuardedPolicy::holds_after() {
  return ask([](const RetryPolicy& policy) { return policy.holds_after(); });
}

}  // namespace azure::iot::device
