// Connections and subscriptions.
#include "hub/hub.hpp"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

namespace azure::iot::device::simulator {

namespace {

using std::chrono::steady_clock;

// The broker does nothing else meanwhile, so what is slowed is slowed in small steps.
constexpr std::chrono::milliseconds kLongestPause{50};

std::chrono::sys_seconds wall_clock() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace

Hub::Hub(HubConfig config, Broker& broker)
    : config_(std::move(config)),
      broker_(broker),
      events_(config_.directory / kEventLogName),
      identities_(config_.devices, config_.directory),
      messages_(config_.directory / "c2d.jsonl"),
      connects_(config_.limits.connect_rate, std::chrono::seconds(config_.limits.shaping)),
      telemetry_(config_.limits.telemetry_rate, std::chrono::seconds(config_.limits.shaping)),
      twin_reads_(config_.limits.twin_read_rate, std::chrono::seconds(config_.limits.shaping)),
      twin_updates_(config_.limits.twin_update_rate, std::chrono::seconds(config_.limits.shaping)) {
  events_.write(EventLog::event("started"));
}

Admission Hub::connect(const ConnectRequest& request) {
  const std::string client_id(request.credentials.client_id);
  const auto now = steady_clock::now();
  const auto delay = connects_.admit(now);
  if (!delay) {
    refuse(client_id, 429001, "too many connects");
    return Admission::dropped;
  }
  pause(*delay);
  identities_.refresh(client_id);
  Identity* identity = identities_.find(client_id);
  const auto verdict = authenticate(config_, identity, request.credentials, wall_clock());
  if (const auto* refusal = std::get_if<Refusal>(&verdict)) {
    refuse(client_id, 401002, refusal->reason);
    return Admission::refused;
  }
  if (strike(FaultKind::refuse, *identity)) {
    refuse(client_id, 401002, "the fault 'refuse'");
    return Admission::refused;
  }

  // A second connection of the same identity ends the first. The broker would do so as well, but
  // forget a will that is due.
  if (identity->connected()) {
    const void* first = identity->connection;
    sever(*identity, {400027, "taken over"});
    disconnect(first);
  }
  JsonObject event = EventLog::event("connected", *identity);
  event.add("clean_session", request.clean_session).add("keep_alive", request.keep_alive);
  event.add("user_name", std::string(request.credentials.user_name));
  if (request.clean_session && !identity->subscriptions.empty()) {
    keep_subscriptions(*identity, {}, event);
  } else {
    events_.write(event);
  }
  departed_.erase(request.connection);  // A new client at an old address.
  connections_[request.connection] = identity;
  identity->connection = request.connection;
  identity->clean_session = request.clean_session;
  identity->keep_alive = std::chrono::seconds(request.keep_alive);
  identity->token_expiry = std::get<Acceptance>(verdict).expiry;
  identity->last_heard = now;
  identity->end.reset();
  broker_.save_sessions();

  // With a kept session, queued messages follow the CONNACK; else the SUBSCRIBE.
  if (!request.clean_session) deliver_messages(*identity);
  return Admission::accepted;
}

void Hub::disconnect(const void* connection) {
  Identity* identity = identity_of(connection);
  if (identity == nullptr) return;
  connections_.erase(connection);
  departed_[connection] = identity;
  identity->connection = nullptr;
  JsonObject event = EventLog::event("disconnected", *identity);
  if (const auto end = std::exchange(identity->end, std::nullopt)) {
    if (end->code != 0) event.add("code", end->code);
    event.add("reason", end->reason);
  }
  events_.note(event);
}

void Hub::note_will(const void* connection, const Publication& will) {
  const auto found = departed_.find(connection);
  if (found == departed_.end()) return;
  Identity& identity = *found->second;
  departed_.erase(found);
  const auto topic = parse_up_topic(identity, will.topic);
  if (topic && std::holds_alternative<TelemetryTopic>(*topic)) {
    return record_telemetry(identity, std::get<TelemetryTopic>(*topic), will, "Will");
  }
  JsonObject event = EventLog::event("refused_topic", identity);
  events_.note(event.add("topic", will.topic).add("will", true));
}

bool Hub::subscribe(const void* connection, std::string_view filter) {
  Identity* identity = identity_of(connection);
  if (identity == nullptr) return false;
  identity->last_heard = steady_clock::now();
  const auto feature = parse_filter(*identity, filter);
  const bool is_new = !identity->subscriptions.contains(std::string(filter));
  const bool too_many = is_new && static_cast<std::int64_t>(identity->subscriptions.size()) >=
                                      config_.limits.subscriptions;
  if (!feature || too_many) {
    JsonObject event = EventLog::event("refused_topic", *identity);
    events_.note(event.add("topic", filter));
    cut(*identity, 0,
        feature ? "more topic filters than the hub allows"
                : "a topic filter the hub does not know");
    return false;
  }
  JsonObject event = EventLog::event("subscribed", *identity);
  event.add("feature", to_string(*feature));
  if (is_new) {
    auto subscriptions = identity->subscriptions;
    subscriptions.emplace(filter, *feature);
    keep_subscriptions(*identity, std::move(subscriptions), event);
  } else {
    events_.write(event);
  }
  broker_.save_sessions();
  if (*feature == identity->message_feature()) deliver_messages(*identity);
  return true;
}

bool Hub::unsubscribe(const void* connection, std::string_view filter) {
  Identity* identity = identity_of(connection);
  if (identity == nullptr) return false;
  identity->last_heard = steady_clock::now();
  const auto found = identity->subscriptions.find(std::string(filter));
  if (found == identity->subscriptions.end()) return true;
  JsonObject event = EventLog::event("unsubscribed", *identity);
  event.add("feature", to_string(found->second));
  auto subscriptions = identity->subscriptions;
  subscriptions.erase(found->first);
  keep_subscriptions(*identity, std::move(subscriptions), event);
  broker_.save_sessions();
  return true;
}

void Hub::tick() {
  if (const auto failure = events_.take_failure()) {
    broker_.notify(*failure + ": the event log misses events");
  }
  departed_.clear();
  // The broker saves at the end of the turn after this one, before the next tick. By now that file
  // holds all messages handed over before the last tick.
  if (std::exchange(save_requested_, false)) forget_delivered();
  if (std::exchange(handed_over_, false)) {
    broker_.save_sessions();
    save_requested_ = true;
  }
  resume_held_up();
  strike_links();
  sever_overdue();
  for (const auto& call : calls_.take_overdue(steady_clock::now())) {
    reply(call.request, ControlError{504101, "the device did not answer the method in time"});
  }
}

Identity* Hub::identity_of(const void* connection) {
  const auto found = connections_.find(connection);
  return found == connections_.end() ? nullptr : found->second;
}

void Hub::refuse(std::string_view client_id, int code, std::string_view reason) {
  JsonObject event = EventLog::event("refused");
  event.add("client_id", is_utf8(client_id) ? client_id : std::string_view());
  events_.note(event.add("code", code).add("reason", reason));
}

void Hub::sever(Identity& identity, EndOfLink why) {
  identity.end = std::move(why);
  broker_.cut(identity.name());
}

void Hub::keep(const Identity& identity, const JsonObject& event) {
  StagedFile file = identities_.stage(identity);
  events_.write(event);
  file.commit();
}

void Hub::keep_subscriptions(Identity& identity, std::map<std::string, Feature> subscriptions,
                             const JsonObject& event) {
  identity.subscriptions.swap(subscriptions);
  try {
    keep(identity, event);
  } catch (...) {
    identity.subscriptions.swap(subscriptions);
    throw;
  }
}

void Hub::pause(Throttle::Duration delay) {
  if (delay == Throttle::Duration::zero()) return;
  broker_.pause(std::min(kLongestPause, std::chrono::ceil<std::chrono::milliseconds>(delay)));
}

// Ends links whose token has expired, and links that are silent for longer than any keep-alive may
// allow. The broker itself ends those that are silent for one and a half times their own
// keep-alive. It does not report a PINGREQ, but at an interval above the cap each PINGREQ would be
// too late.
void Hub::sever_overdue() {
  const auto wall = wall_clock() - std::chrono::seconds(config_.limits.token_grace);
  const auto now = steady_clock::now();
  const std::chrono::seconds cap(config_.limits.keep_alive_cap);
  std::vector<std::pair<Identity*, EndOfLink>> overdue;  // Cutting changes `connections_`.
  for (const auto& [connection, identity] : connections_) {
    const bool may_be_silent =
        identity->keep_alive == identity->keep_alive.zero() || identity->keep_alive > cap;
    if (identity->token_expiry <= wall) {
      overdue.emplace_back(identity, EndOfLink{401003, "the token has expired"});
    } else if (may_be_silent && now - identity->last_heard > cap) {
      overdue.emplace_back(identity, EndOfLink{0, "silent for longer than the hub allows"});
    }
  }
  for (auto& [identity, why] : overdue) sever(*identity, std::move(why));
}

}  // namespace azure::iot::device::simulator
