#include "hub/hub.hpp"

#include <utility>
#include <variant>

namespace azure::iot::device::simulator {

namespace {

std::chrono::sys_seconds wall_clock() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

JsonObject error_body(int code, std::string_view text) {
  JsonObject body;
  body.add("errorCode", code).add("message", text);
  return body;
}

}  // namespace

Hub::Hub(HubConfig config, Broker& broker)
    : config_(std::move(config)),
      broker_(broker),
      events_(config_.directory / kEventLogName),
      identities_(config_.devices, config_.directory / "identities"),
      c2d_(config_.directory / "c2d.jsonl") {
  events_.write(EventLog::event("started"));
}

bool Hub::connect(const ConnectRequest& request) {
  const std::string client_id(request.credentials.client_id);
  Identity* identity = identities_.find(client_id);
  const auto verdict = authenticate(config_, identity, request.credentials, wall_clock());
  if (const auto* refusal = std::get_if<Refusal>(&verdict)) {
    JsonObject event = EventLog::event("refused");
    event.add("client_id", is_utf8(client_id) ? client_id : std::string());
    events_.write(event.add("reason", refusal->reason));
    return false;
  }

  // A second connection of the same identity ends the first, as the broker will do in a moment.
  if (identity->connected()) {
    connections_.erase(identity->connection);
    JsonObject event = EventLog::event("disconnected", *identity);
    events_.write(event.add("reason", "taken over"));
  }
  connections_[request.connection] = identity;
  identity->connection = request.connection;
  identity->clean_session = request.clean_session;
  if (request.clean_session && !identity->subscriptions.empty()) {
    identity->subscriptions.clear();
    identities_.save(*identity);
  }
  JsonObject event = EventLog::event("connected", *identity);
  event.add("clean_session", request.clean_session).add("keep_alive", request.keep_alive);
  events_.write(event.add("user_name", std::string(request.credentials.user_name)));
  broker_.save_sessions();

  // With a kept session, queued messages follow the CONNACK; else the SUBSCRIBE.
  if (!request.clean_session) deliver_c2d(*identity);
  return true;
}

void Hub::disconnect(const void* connection) {
  Identity* identity = identity_of(connection);
  if (identity == nullptr) return;
  connections_.erase(connection);
  identity->connection = nullptr;
  events_.write(EventLog::event("disconnected", *identity));
}

bool Hub::publish(const void* connection, const Publication& publication) {
  Identity* identity = identity_of(connection);
  if (identity == nullptr) return false;
  const auto topic = parse_up_topic(*identity, publication.topic);
  if (!topic) {
    JsonObject event = EventLog::event("refused_topic", *identity);
    events_.write(event.add("topic", publication.topic));
    return false;
  }
  std::visit([&](const auto& kind) { receive(*identity, kind, publication); }, *topic);
  return true;
}

bool Hub::subscribe(const void* connection, std::string_view filter) {
  Identity* identity = identity_of(connection);
  if (identity == nullptr) return false;
  const auto feature = parse_filter(*identity, filter);
  if (!feature) {
    JsonObject event = EventLog::event("refused_topic", *identity);
    events_.write(event.add("topic", filter));
    return false;
  }
  if (identity->subscriptions.insert(*feature).second) identities_.save(*identity);
  JsonObject event = EventLog::event("subscribed", *identity);
  events_.write(event.add("feature", to_string(*feature)));
  broker_.save_sessions();
  if (*feature == Feature::c2d) deliver_c2d(*identity);
  return true;
}

bool Hub::unsubscribe(const void* connection, std::string_view filter) {
  Identity* identity = identity_of(connection);
  if (identity == nullptr) return false;
  const auto feature = parse_filter(*identity, filter);
  if (!feature || identity->subscriptions.erase(*feature) == 0) return true;
  identities_.save(*identity);
  JsonObject event = EventLog::event("unsubscribed", *identity);
  events_.write(event.add("feature", to_string(*feature)));
  broker_.save_sessions();
  return true;
}

void Hub::tick() {
  // The broker saves at the end of the turn after this one, before the next tick: what was handed
  // over before the last tick is in that file by now.
  if (std::exchange(save_requested_, false)) forget_delivered_c2d();
  if (std::exchange(handed_over_, false)) {
    broker_.save_sessions();
    save_requested_ = true;
  }
  for (const auto& call : calls_.take_overdue(std::chrono::steady_clock::now())) {
    reply(call.request, ControlError{504101, "the device did not answer the method in time"});
  }
}

Identity* Hub::identity_of(const void* connection) {
  const auto found = connections_.find(connection);
  return found == connections_.end() ? nullptr : found->second;
}

void Hub::receive(Identity& identity, const TelemetryTopic& topic, const Publication& publication) {
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
  JsonObject event = EventLog::event("telemetry", identity);
  event.add("topic", publication.topic).add("qos", publication.qos);
  if (publication.retain) properties.add("mqtt-retain", "true");
  event.add("properties", std::move(properties));
  event.add("system_properties", std::move(system_properties));
  add_payload(event, publication.payload);
  events_.write(event);
}

void Hub::receive(Identity& identity, const TwinGetTopic& topic, const Publication&) {
  events_.write(EventLog::event("twin_read", identity));
  if (!identity.subscribed(Feature::twin_responses)) return;
  broker_.send(identity.name(), twin_response_topic(200, topic.rid), identity.twin.document(), 0);
}

void Hub::receive(Identity& identity, const ReportedPatchTopic& topic,
                  const Publication& publication) {
  const auto patch = parse_json(publication.payload, kMaxBodyDepth);
  const auto violation =
      patch ? twin_patch_violation(*patch) : std::optional<std::string>("it is no JSON text");
  if (violation) {
    JsonObject event = EventLog::event("twin_refused", identity);
    events_.write(event.add("reason", *violation));
    if (!identity.subscribed(Feature::twin_responses)) return;
    const JsonObject body =
        error_body(400004, "The reported properties were refused: " + *violation);
    broker_.send(identity.name(), twin_response_topic(400, topic.rid), body.text(), 0);
    return;
  }
  const auto version = identity.twin.patch(Twin::Section::reported, *patch);
  identities_.save(identity);
  JsonObject event = EventLog::event("twin_reported", identity);
  event.add("version", version);
  events_.write(event.add("patch", static_cast<const JsonValue&>(*patch)));
  if (!identity.subscribed(Feature::twin_responses)) return;
  broker_.send(identity.name(), twin_response_topic(204, topic.rid, version), "", 0);
}

void Hub::receive(Identity& identity, const MethodResponseTopic& topic,
                  const Publication& publication) {
  const auto call = calls_.finish(topic.rid, identity.name());
  JsonObject event = EventLog::event("method_response", identity);
  event.add("rid", topic.rid).add("status", topic.status).add("expected", call.has_value());
  add_payload(event, publication.payload);
  events_.write(event);
  if (!call) return;

  JsonObject result;
  result.add("status", topic.status);
  const auto payload = parse_json(publication.payload, kMaxBodyDepth);
  if (payload) {
    result.add("payload", static_cast<const JsonValue&>(*payload));
  } else if (publication.payload.empty()) {
    result.add_null("payload");
  } else {
    return reply(
        call->request,
        ControlError{502001, "the device answered the method with a body that is no JSON"});
  }
  reply(call->request, std::move(result));
}

void Hub::deliver_c2d(Identity& identity) {
  const std::string name = identity.name();
  for (auto message = c2d_.messages().begin(); message != c2d_.messages().end();) {
    if (message->identity != name || message->handed_over) {
      ++message;
      continue;
    }
    if (message->expiry <= wall_clock()) {
      JsonObject event = EventLog::event("c2d_expired", identity);
      events_.write(event.add("message_id", message->message_id));
      message = c2d_.remove(message);
      continue;
    }
    broker_.send(name, message->topic, message->payload, 1);
    message->handed_over = true;
    handed_over_ = true;
    JsonObject event = EventLog::event("c2d_sent", identity);
    events_.write(event.add("message_id", message->message_id).add("topic", message->topic));
    ++message;
  }
}

void Hub::forget_delivered_c2d() {
  for (auto message = c2d_.messages().begin(); message != c2d_.messages().end();) {
    message = message->handed_over ? c2d_.remove(message) : std::next(message);
  }
}

}  // namespace azure::iot::device::simulator
