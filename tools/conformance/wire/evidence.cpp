#include "tools/conformance/wire/evidence.hpp"

#include <algorithm>

#include "tools/conformance/python_errors.hpp"

namespace azure::iot::device::conformance::wire {
namespace {

constexpr std::string_view kTwinResponses = "$iothub/twin/res/#";

const Json& present(const Deviation& deviation) {
  return deviation.actual.is_null() ? deviation.expected : deviation.actual;
}

const Json& actual_error(const Deviation& deviation) { return member(deviation.actual, "error"); }

}  // namespace

const Json& step_of(const Situation& situation, const Deviation& deviation) {
  static const Json none = Json::object();
  const auto& steps = situation.vector.steps;
  const bool known = deviation.step >= 0 && deviation.step < static_cast<int>(steps.size());
  return known ? steps[static_cast<std::size_t>(deviation.step)] : none;
}

bool calls(const Json& step, std::string_view call) { return member(step, "do") == Json(call); }

bool is_about(const Json& step, std::string_view handler) {
  return member(step, "handler") == Json(handler);
}

bool is_missing(const Deviation& deviation) { return deviation.actual.is_null(); }
bool is_extra(const Deviation& deviation) { return deviation.expected.is_null(); }

const Json& recorded_error(const Deviation& deviation) {
  return member(deviation.expected, "error");
}

bool fails_with(const Deviation& deviation, std::string_view type) {
  return member(actual_error(deviation), "type") == Json(type);
}

bool fails_with_code(const Deviation& deviation, std::string_view code) {
  return member(actual_error(deviation), "code") == Json(code);
}

bool fails_because_of(const Deviation& deviation, std::string_view code) {
  return member(actual_error(deviation), "cause") == Json(code);
}

const Json& recorded_exception(const Deviation& deviation) {
  return member(deviation.expected, "background_exception");
}

bool reports_code(const Deviation& deviation, std::string_view code) {
  return member(member(deviation.actual, "background_exception"), "code") == Json(code);
}

bool refuses_argument(const Deviation& deviation, std::string_view argument) {
  if (deviation.kind != Deviation::Kind::creation || !fails_with(deviation, "invalid_argument")) {
    return false;
  }
  return refusal_text(deviation).starts_with(argument);
}

const std::string& refusal_text(const Deviation& deviation) {
  return actual_error(deviation)["message"].as_string();
}

bool is_packet(const Deviation& deviation, std::string_view kind) {
  return deviation.kind == Deviation::Kind::packet &&
         member(present(deviation), "packet") == Json(kind);
}

std::string topic_of(const Deviation& deviation) {
  const Json& topic = member(present(deviation), "topic");
  return topic.is_string() ? topic.as_string() : std::string();
}

bool is_twin_read(const Deviation& deviation) {
  return is_packet(deviation, "PUBLISH") && topic_of(deviation).starts_with("$iothub/twin/GET/");
}

bool is_twin_subscribe(const Deviation& deviation) {
  if (!is_packet(deviation, "SUBSCRIBE")) return false;
  const Json& subscriptions = present(deviation)["subscriptions"];
  return subscriptions.size() == 1 && subscriptions[0]["topic"] == Json(kTwinResponses);
}

bool hub_does(const Vector& vector, std::string_view what, const Json& word) {
  const auto has = [&](const Json& config) {
    const Json& value = member(config, what);
    if (!value.is_array()) return value == word;
    return std::any_of(value.elements().begin(), value.elements().end(),
                       [&](const Json& each) { return each == word; });
  };
  return has(vector.hub) ||
         std::any_of(vector.steps.begin(), vector.steps.end(),
                     [&](const Json& step) { return has(member(step, "config")); });
}

bool refuses_somebody(const Vector& vector) {
  const Json& codes = member(vector.hub, "connack");
  return codes.is_array() &&
         std::any_of(codes.elements().begin(), codes.elements().end(),
                     [](const Json& code) { return code.is_number() && code != Json(0); });
}

bool refuses_registration(const Vector& vector) {
  const Json& answers = member(vector.hub, "dps");
  if (!answers.is_array()) return false;
  return std::any_of(answers.elements().begin(), answers.elements().end(), [](const Json& answer) {
    return is_busy_to_python_alone(member(answer, "status").get_if<int>().value_or(0));
  });
}

bool is_late_refusal(const Json& error) {
  const Json& cause = member(error, "cause");
  return member(cause, "type") == Json("ConnectionFailedError") &&
         member(cause, "message") == Json("The connection was refused.");
}

}  // namespace azure::iot::device::conformance::wire
