#include "registration_evidence.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/text/decimal.hpp"
#include "provisioning/mqtt_topic_provisioning.hpp"
#include "python_errors.hpp"
#include "trace_search.hpp"
#include "values.hpp"

namespace azure::iot::device::conformance {
namespace {

constexpr std::string_view kRegistrationTopic = "$dps/registrations/";
constexpr std::string_view kRegistrationAnswers = "$dps/registrations/res/";

// Whether, as recorded, some request of a registration was answered before it was sent.
bool answered_too_soon(const Situation& situation) {
  std::vector<std::string> sent;
  return any_step_so_far(situation, [&](const Step& step) {
    const Json* topic = step.in.members().front().value.find("topic");
    const std::string answered = topic ? to_bytes(*topic) : std::string();
    if (answered.starts_with(kRegistrationAnswers)) {
      for (const std::string& id : Names::request_ids_in(answered)) {
        if (std::find(sent.begin(), sent.end(), id) == sent.end()) return true;
      }
    }
    for (const Json& output : step.out.elements()) {
      const Json* call = output.find("transport");
      const Json* to = call ? call->find("topic") : nullptr;
      if (!to) continue;
      for (std::string& id : Names::request_ids_in(to_bytes(*to))) sent.push_back(std::move(id));
    }
    return false;
  });
}

}  // namespace

bool is_registration(std::string_view type) {
  return type == "RegisterOperation" || type == "PollStatusOperation";
}

bool is_registration_request(const Deviation& deviation) {
  if (deviation.kind() == "transport") {
    return deviation.field("call") == "publish" &&
           deviation.field("topic").starts_with(kRegistrationTopic);
  }
  const std::string type = deviation.field("type");
  const bool asks = type == "RequestAndResponseOperation" || type == "PollStatusOperation";
  return deviation.kind() == "send_op_down" && asks && deviation.field("id").starts_with("s");
}

bool refuses_registration(const Situation& situation) {
  const auto has_code = [](const Json& value) {
    return is_busy_to_python_alone(value.get_if<std::int64_t>().value_or(0));
  };
  const auto is_answer = [](const Json& value) {
    const std::string topic = to_bytes(value);
    if (!topic.starts_with(kRegistrationAnswers)) return false;
    const std::string rest = topic.substr(kRegistrationAnswers.size());
    const auto status = parse_decimal(rest.substr(0, rest.find('/')));
    return status && is_busy_to_python_alone(*status);
  };
  const Json& in = situation.now().in;
  const Json& env = situation.now().env;
  return any_member(in, "status_code", has_code) || any_member(in, "topic", is_answer) ||
         any_member(env, "status_code", has_code) || any_member(env, "topic", is_answer);
}

bool has_asked_for_no_pause(const Situation& situation) {
  const auto is_none = [](std::string_view retry_after) {
    const auto seconds = parse_decimal(retry_after);
    return seconds && *seconds <= 0;
  };
  const auto in_field = [&](const Json& value) {
    const std::string* text = value.get_if<std::string>();
    return text && is_none(*text);
  };
  const auto in_topic = [&](const Json& value) {
    const auto properties =
        mqtt_topic_provisioning::extract_properties_from_dps_response_topic(to_bytes(value));
    const std::string* retry_after =
        properties ? mqtt_topic_provisioning::find_property(*properties, "retry-after") : nullptr;
    return retry_after && is_none(*retry_after);
  };
  return any_step_so_far(situation, [&](const Step& step) {
    return any_member(step.in, "retry_after", in_field) ||
           any_member(step.env, "retry_after", in_field) ||
           any_member(step.in, "topic", in_topic) || any_member(step.env, "topic", in_topic);
  });
}

bool has_given_up_registration(const Situation& situation) {
  const auto& ops = situation.world.driven_ops();
  const bool has_any = std::any_of(ops.begin(), ops.end(),
                                   [](const auto& op) { return is_registration(op.second.type); });
  const bool given_up = std::any_of(ops.begin(), ops.end(), [](const auto& op) {
    return is_registration(op.second.type) && op.second.given_up;
  });
  return has_any && (given_up || situation.world.had_late_answer() || answered_too_soon(situation));
}

bool is_missing_too(const Situation& situation, const Deviation& request) {
  return std::any_of(situation.all.begin(), situation.all.end(), [&](const Deviation& other) {
    return other.missing && is_registration_request(other) &&
           other.field("payload") == request.field("payload");
  });
}

bool misses_registration_request(const Situation& situation) {
  return std::any_of(situation.all.begin(), situation.all.end(), [](const Deviation& other) {
    return other.missing && is_registration_request(other);
  });
}

}  // namespace azure::iot::device::conformance
