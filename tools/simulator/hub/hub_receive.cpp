// Requests and messages from devices and modules.
#include <system_error>
#include <utility>
#include <variant>

#include "hub/hub.hpp"

namespace azure::iot::device::simulator {

namespace {

using std::chrono::steady_clock;

JsonObject error_body(int code, std::string_view text) {
  JsonObject body;
  body.add("errorCode", code).add("message", text);
  return body;
}

// The property that names the output of a module's message.
std::string_view output_of(const Properties& properties) {
  for (const auto& [key, value] : properties) {
    if (key == "$.on" && value) return *value;
  }
  return {};
}

}  // namespace

Outcome Hub::publish(const void* connection, const Publication& publication) {
  Identity* identity = identity_of(connection);
  if (identity == nullptr) return Outcome::cut;
  identity->last_heard = steady_clock::now();
  const auto topic = parse_up_topic(*identity, publication.topic);
  if (!topic) {
    JsonObject event = EventLog::event("refused_topic", *identity);
    events_.note(event.add("topic", publication.topic));
    return cut(*identity, 0, "a topic the hub does not know");
  }
  return std::visit([&](const auto& kind) { return receive(*identity, kind, publication); },
                    *topic);
}

Outcome Hub::cut(Identity& identity, int code, std::string reason) {
  identity.end = EndOfLink{code, std::move(reason)};
  return Outcome::cut;
}

Outcome Hub::receive(Identity& identity, const TelemetryTopic& topic,
                     const Publication& publication) {
  const std::size_t properties = publication.topic.size() - topic.start;
  if (static_cast<std::int64_t>(publication.payload.size() + properties) >
      config_.limits.d2c_bytes) {
    return cut(identity, 413001, "a message larger than the hub allows");
  }
  if (strike(FaultKind::drop_before_puback, identity)) {
    return cut(identity, 0, "the fault 'drop-before-puback'");
  }
  if (strike(FaultKind::throttle, identity)) {
    return cut(identity, 429001, "the fault 'throttle'");
  }
  if (strike(FaultKind::quota, identity)) return cut(identity, 403002, "the fault 'quota'");
  const auto delay = telemetry_.admit(steady_clock::now());
  if (!delay) return cut(identity, 429001, "more telemetry than the hub allows");
  pause(*delay);

  record_telemetry(identity, topic, publication, {});
  if (!identity.module_id.empty()) route_output(identity, topic, publication.payload);
  add_requested_fault(identity, topic.properties);
  if (!strike(FaultKind::drop_after_puback, identity)) return Outcome::acknowledged;
  cut(identity, 0, "the fault 'drop-after-puback'");
  return Outcome::acknowledged_then_cut;
}

void Hub::record_telemetry(const Identity& identity, const TelemetryTopic& topic,
                           const Publication& publication, std::string_view message_type) {
  JsonObject properties;
  JsonObject system_properties;
  for (const auto& [key, value] : topic.properties) {
    JsonObject& group = key.starts_with("$.") ? system_properties : properties;
    if (value) {
      group.add(key, *value);
    } else {
      group.add_null(key);
    }
  }
  if (publication.retain) properties.add("mqtt-retain", "true");
  if (!message_type.empty()) properties.add("iothub-MessageType", message_type);
  JsonObject event = EventLog::event("telemetry", identity);
  event.add("topic", publication.topic).add("qos", publication.qos);
  event.add("properties", std::move(properties));
  event.add("system_properties", std::move(system_properties));
  add_payload(event, publication.payload);
  events_.write(event);
}

// As an Edge hub passes it on: with its sender, and without the name of the output.
void Hub::route_output(const Identity& module, const TelemetryTopic& topic,
                       std::string_view payload) {
  const std::string_view output = output_of(topic.properties);
  if (output.empty()) return;
  for (const Route& route : config_.routes) {
    if (route.from_module != module.module_id || route.output != output) continue;
    Identity* target = identities_.find(module.device_id + "/" + route.to_module);
    if (target == nullptr) {
      JsonObject event = EventLog::event("unroutable", module);
      events_.note(event.add("route", to_text(route)));
      continue;
    }
    Properties properties{{"$.cdid", module.device_id}, {"$.cmid", module.module_id}};
    std::string message_id;
    for (const auto& property : topic.properties) {
      if (property.first == "$.on") continue;
      if (property.first == "$.mid") message_id = property.second.value_or("");
      properties.push_back(property);
    }
    queue_message(*target, message_id, input_topic(*target, route.input, properties),
                  std::string(payload), kDefaultMessageLife);
    if (can_receive(*target)) deliver_messages(*target);
  }
}

bool Hub::hold_up_twin_request(Identity& identity, std::string_view rid, Throttle& throttle,
                               const Publication& publication) {
  if (resuming_) return false;
  if (const auto fault = strike(FaultKind::twin_error, identity)) {
    answer_twin_request(identity, rid, fault->status, fault->status * 1000,
                        "the fault 'twin-error'");
    return true;
  }
  const bool throttled = strike(FaultKind::throttle, identity).has_value();
  const auto now = steady_clock::now();
  const auto delay = throttled ? std::nullopt : throttle.admit(now);
  if (!delay) {
    answer_twin_request(identity, rid, 429, 429001,
                        throttled ? "the fault 'throttle'" : "more requests than the hub allows");
    return true;
  }
  if (*delay == steady_clock::duration::zero()) return false;
  held_up_.emplace(now + *delay, HeldUp{identity.connection, std::string(publication.topic),
                                        std::string(publication.payload)});
  return true;
}

void Hub::resume_held_up() {
  const auto now = steady_clock::now();
  resuming_ = true;
  while (!held_up_.empty() && held_up_.begin()->first <= now) {
    const HeldUp request = std::move(held_up_.extract(held_up_.begin()).mapped());
    if (identity_of(request.connection) == nullptr) continue;
    publish(request.connection, {request.topic, request.payload, 0, false});
  }
  resuming_ = false;
}

std::int64_t Hub::patch_twin(Identity& identity, Twin::Section section, const JsonValue& patch,
                             std::string_view event_kind) {
  const std::string before = identity.twin.document();
  const auto version = identity.twin.patch(section, patch);
  JsonObject event = EventLog::event(event_kind, identity);
  event.add("version", version).add("patch", patch);
  try {
    keep(identity, event);
  } catch (...) {
    identity.twin.restore(before);
    throw;
  }
  return version;
}

void Hub::answer_twin_request(Identity& identity, std::string_view rid, int status, int code,
                              std::string_view reason) {
  JsonObject event = EventLog::event("twin_refused", identity);
  events_.note(event.add("status", status).add("reason", reason));
  if (!identity.subscribed(Feature::twin_responses)) return;
  broker_.send(identity.name(), twin_response_topic(status, rid),
               error_body(code, "The request was refused: " + std::string(reason)).text(), 0);
}

Outcome Hub::receive(Identity& identity, const TwinGetTopic& topic,
                     const Publication& publication) {
  if (hold_up_twin_request(identity, topic.rid, twin_reads_, publication)) {
    return Outcome::acknowledged;
  }
  events_.note(EventLog::event("twin_read", identity));
  if (identity.subscribed(Feature::twin_responses)) {
    broker_.send(identity.name(), twin_response_topic(200, topic.rid), identity.twin.document(), 0);
  }
  return Outcome::acknowledged;
}

Outcome Hub::receive(Identity& identity, const ReportedPatchTopic& topic,
                     const Publication& publication) {
  if (hold_up_twin_request(identity, topic.rid, twin_updates_, publication)) {
    return Outcome::acknowledged;
  }
  const auto patch = parse_json(publication.payload, kMaxBodyDepth);
  auto violation =
      patch ? twin_patch_violation(*patch) : std::optional<std::string>("it is no JSON text");
  if (!violation &&
      !identity.twin.fits(Twin::Section::reported, *patch, config_.limits.twin_bytes)) {
    violation = "the reported properties would exceed 32 KB";
  }
  if (violation) {
    answer_twin_request(identity, topic.rid, 400, 400004, *violation);
    return Outcome::acknowledged;
  }
  std::int64_t version = 0;
  try {
    version = patch_twin(identity, Twin::Section::reported, *patch, "twin_reported");
  } catch (const std::system_error& error) {
    broker_.notify(std::string(error.what()) + ": reported properties were refused");
    answer_twin_request(identity, topic.rid, 500, 500001, "it could not be kept");
    return Outcome::acknowledged;
  }
  if (identity.subscribed(Feature::twin_responses)) {
    broker_.send(identity.name(), twin_response_topic(204, topic.rid, version), "", 0);
  }
  return Outcome::acknowledged;
}

Outcome Hub::receive(Identity& identity, const MethodResponseTopic& topic,
                     const Publication& publication) {
  const auto call = calls_.finish(topic.rid, identity.name());
  const bool too_large =
      static_cast<std::int64_t>(publication.payload.size()) > config_.limits.method_bytes;
  JsonObject event = EventLog::event("method_response", identity);
  event.add("rid", topic.rid).add("status", topic.status).add("expected", call.has_value());
  if (!too_large) add_payload(event, publication.payload);
  events_.note(event);
  if (too_large) {
    if (call) {
      reply(call->request,
            ControlError{502002, "the device answered the method with more than 128 KB"});
    }
    return cut(identity, 413001, "the answer to a method was larger than the hub allows");
  }
  if (!call) return Outcome::acknowledged;

  JsonObject result;
  result.add("status", topic.status);
  const auto payload = parse_json(publication.payload, kMaxBodyDepth);
  if (payload) {
    result.add("payload", static_cast<const JsonValue&>(*payload));
  } else if (publication.payload.empty()) {
    result.add_null("payload");
  } else {
    reply(call->request,
          ControlError{502001, "the device answered the method with a body that is no JSON"});
    return Outcome::acknowledged;
  }
  reply(call->request, std::move(result));
  return Outcome::acknowledged;
}

}  // namespace azure::iot::device::simulator
