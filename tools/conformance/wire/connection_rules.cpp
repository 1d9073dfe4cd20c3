#include "tools/conformance/wire/connection_rules.hpp"

#include <algorithm>

#include "tools/conformance/wire/evidence.hpp"

namespace azure::iot::device::conformance::wire {
namespace {

using Kind = Deviation::Kind;

// Whether several calls run at a time, and one of them is recorded to fail.
bool fails_calls_under_way(const Vector& vector) {
  const auto calls = std::count_if(vector.steps.begin(), vector.steps.end(), [](const Json& step) {
    return !member(step, "async").is_null();
  });
  return calls > 1 && std::any_of(vector.steps.begin(), vector.steps.end(), [](const Json& step) {
           return !member(step, "join").is_null() && member(step, "expect").contains("error");
         });
}

}  // namespace

bool failure_is_shared(const Situation& situation, const Deviation& deviation) {
  if (!fails_calls_under_way(situation.vector)) return false;
  if (situation.accepted.contains("failure-is-shared")) {
    // The attempt that Python makes for the next of them.
    const bool asks =
        deviation.kind == Kind::outcome && calls(step_of(situation, deviation), "read_connected");
    return asks || (is_missing(deviation) &&
                    (deviation.kind == Kind::packet || deviation.kind == Kind::dial));
  }
  return deviation.kind == Kind::outcome && deviation.actual.contains("error") &&
         !member(step_of(situation, deviation), "join").is_null();
}

bool giving_up_is_reported(const Situation& situation, const Deviation& deviation) {
  const Json& options = member(situation.vector.create, "options");
  return deviation.kind == Kind::event && is_extra(deviation) &&
         is_about(deviation.actual, "on_background_exception") &&
         member(options, "connection_retry") == Json(false);
}

}  // namespace azure::iot::device::conformance::wire
