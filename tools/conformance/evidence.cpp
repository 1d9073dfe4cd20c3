#include "evidence.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "python_errors.hpp"
#include "trace_search.hpp"
#include "values.hpp"

namespace azure::iot::device::conformance {
namespace {

constexpr std::string_view kReadTopic = "$iothub/twin/GET/";

const Json* error_in(const Deviation& deviation) {
  const Json* error = deviation.what().is_object() ? deviation.what().find("error") : nullptr;
  return error && error->is_object() ? error : nullptr;
}

bool has_type(const Json* error, std::string_view type) {
  return error && error->at("type") == Json(type);
}

template <class Predicate>
bool any_in_chain(const Json& error, Predicate holds) {
  const Json* cause = error.find("cause");
  return holds(error) || (cause && cause->is_object() && any_in_chain(*cause, holds));
}

}  // namespace

Json state_before(const Situation& situation) {
  Json state = recorded_name(situation.trace.connection_state);
  for (std::size_t i = 0; i <= situation.step; ++i) {
    const Step& step = situation.trace.steps[i];
    if (const Json* set = step.in.find("set")) {
      if (const Json* to = set->find("connection_state")) state = *to;
    }
    if (i == situation.step) break;
    for (const Json& output : step.out.elements()) {
      if (const Json* next = output.find("state")) state = *next;
    }
  }
  return state;
}

namespace {

const Json* patch_in(const Json& output) {
  const JsonMember& what = output.members().front();
  const Json* event = what.name == "handler" ? what.value.find("event") : &what.value;
  const Json* type = event ? event->find("type") : nullptr;
  if (!type || *type != Json("TwinDesiredPropertiesPatchEvent")) return nullptr;
  return event->find("patch");
}

}  // namespace

bool completes_with(const Deviation& deviation, std::string_view error_type) {
  return deviation.kind() == "op_completed" && has_type(error_in(deviation), error_type);
}

bool is_report(const Deviation& deviation) {
  const bool goes_up = deviation.kind() == "send_event_up" || deviation.kind() == "handler";
  return goes_up && error_in(deviation);
}

bool reports(const Deviation& deviation, std::string_view error_type) {
  return is_report(deviation) && has_type(error_in(deviation), error_type);
}

bool shows_internal_error(const Deviation& deviation) {
  const Json* error = deviation.kind() == "raised" ? &deviation.what() : error_in(deviation);
  return error && any_in_chain(*error, is_internal_error);
}

bool shows_second_completion(const Deviation& deviation) {
  const Json* error = deviation.kind() == "raised" ? &deviation.what() : error_in(deviation);
  return error && any_in_chain(*error, [](const Json& e) {
           const Json* message = e.find("message");
           return message && to_bytes(*message).find("already-completed") != std::string::npos;
         });
}

bool is_own_reauthorization(const Deviation& deviation) {
  return deviation.field("type") == "ReauthorizeConnectionOperation" &&
         deviation.field("id").starts_with("s");
}

bool asks_for_token(const Deviation& deviation) {
  return deviation.field("type") == "NewSasTokenRequiredEvent" ||
         deviation.field("name") == "on_new_sastoken_required";
}

bool is_twin_read(const Deviation& deviation) {
  if (deviation.kind() == "transport") return deviation.field("topic").starts_with(kReadTopic);
  return deviation.field("type") == "GetTwinOperation" && deviation.field("id").starts_with("s");
}

bool is_desired_properties(const Deviation& deviation) { return patch_in(deviation.output); }

std::optional<std::int64_t> version_in(const Json& output) {
  const Json* patch = patch_in(output);
  const Json* version = patch ? patch->find("$version") : nullptr;
  return version ? version->get_if<std::int64_t>() : std::nullopt;
}

bool is_about_connection(const Deviation& deviation) {
  const std::string call = deviation.field("call");
  return deviation.kind() == "state" || call == "connect" || call == "disconnect" ||
         (deviation.kind() == "send_op_down" && is_connection_op(deviation.field("type")));
}

bool has_displaced_connect(const Situation& situation) {
  return any_step_so_far(situation, [](const Step& step) {
    bool connecting = false;
    for (const Json& output : step.out.elements()) {
      const Json* transport = output.find("transport");
      if (!transport) continue;
      const Json& call = transport->at("call");
      const bool connect = call == Json("connect");
      if (connecting && (connect || call == Json("disconnect"))) return true;
      connecting |= connect;
    }
    return false;
  });
}

bool is_retry(const Situation& situation, const Deviation& deviation) {
  const std::string call = deviation.field("call");
  return situation.now().in.contains("advance") && (call == "subscribe" || call == "unsubscribe");
}

bool fails_to_connect(const Situation& situation) {
  const Json* callback = situation.now().in.find("transport_callback");
  const Json* name = callback ? callback->find("name") : nullptr;
  return name &&
         (*name == Json("on_mqtt_disconnected") || *name == Json("on_mqtt_connection_failure"));
}

bool is_unseen_state(const Situation& situation, const Deviation& deviation) {
  if (!deviation.missing || deviation.kind() != "state") return false;
  const auto is_missing = [&](const Json& output) {
    return std::any_of(situation.all.begin(), situation.all.end(), [&](const Deviation& other) {
      return other.missing && other.output == output;
    });
  };
  Json seen = state_before(situation);
  Json state = seen;
  int unseen = 0;
  const auto look = [&] {
    if (state != seen && state == deviation.what()) --unseen;
    seen = state;
  };
  for (const Json& output : situation.now().out.elements()) {
    if (const Json* next = output.find("state")) {
      state = *next;
      if (state == deviation.what()) ++unseen;
    } else if (!output.contains("swallowed") && !is_missing(output)) {
      look();
    }
  }
  look();
  return unseen > 0;
}

bool completes_own_op(const Situation& situation) {
  const Json* completed = situation.now().in.find("complete_op");
  return completed && completed->at("id").as_string().starts_with("s");
}

std::string type_of(const Situation& situation, const std::string& op_id) {
  const auto& ops = situation.world.driven_ops();
  const auto found = ops.find(op_id);
  return found == ops.end() ? std::string() : found->second.type;
}

bool is_connection_op(std::string_view type) {
  return type == "ConnectOperation" || type == "DisconnectOperation" ||
         type == "ReauthorizeConnectionOperation";
}

bool has_run(const Situation& situation, std::string_view type) {
  const auto& ops = situation.world.driven_ops();
  return std::any_of(ops.begin(), ops.end(),
                     [&](const auto& op) { return op.second.type == type; });
}

bool runs_now(const Situation& situation, std::string_view type) {
  const auto& ops = situation.world.driven_ops();
  return std::any_of(ops.begin(), ops.end(), [&](const auto& op) {
    return op.second.type == type && op.second.step == situation.step;
  });
}

bool is_recorded_to_complete(const Trace& trace, const std::string& op_id) {
  return std::any_of(trace.steps.begin(), trace.steps.end(), [&](const Step& step) {
    const auto outputs = step.out.elements();
    return std::any_of(outputs.begin(), outputs.end(), [&](const Json& output) {
      const Json* completed = output.find("op_completed");
      return completed && completed->at("id") == Json(op_id);
    });
  });
}

bool was_set(const Situation& situation, std::string_view key) {
  return any_step_so_far(situation, [&](const Step& step) {
    const Json* set = step.in.find("set");
    return set && set->contains(key);
  });
}

bool answers_twin_read(const Situation& situation) {
  const Json* topic = situation.now().in.members().front().value.find("topic");
  return topic && to_bytes(*topic).starts_with("$iothub/twin/res/");
}

bool answers_what_is_missing(const Situation& situation) {
  const Json& what = situation.now().in.members().front().value;
  std::vector<std::string> named;
  if (const Json* id = what.find("id")) named.push_back(to_bytes(*id));
  if (const Json* mid = what.find("mid")) named.push_back("mid-" + mid->dump());
  for (const std::string_view name : {"topic", "request_id"}) {
    const Json* text = what.find(name);
    if (!text) continue;
    for (std::string& id : Names::request_ids_in(to_bytes(*text))) named.push_back(std::move(id));
  }
  const Names& names = situation.world.names();
  return std::any_of(named.begin(), named.end(),
                     [&](const std::string& name) { return names.actual(name).empty(); });
}

std::optional<std::int64_t> last_version_sent_up(const Situation& situation) {
  std::optional<std::int64_t> version;
  for (std::size_t i = 0; i < situation.step; ++i) {
    for (const Json& output : situation.trace.steps[i].out.elements()) {
      if (const auto sent = version_in(output)) version = sent;
    }
  }
  return version;
}

bool has_token_shorter_than(const Situation& situation, std::int64_t seconds) {
  const auto is_short = [&](const Json& ttl) { return ttl.get_if<std::int64_t>() < seconds; };
  return any_member(situation.trace.config, "ttl", is_short) ||
         any_step_so_far(situation,
                         [&](const Step& step) { return any_member(step.in, "ttl", is_short); });
}

}  // namespace azure::iot::device::conformance
