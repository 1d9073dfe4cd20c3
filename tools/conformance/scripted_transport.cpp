#include "scripted_transport.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>

#include "recorded_config.hpp"
#include "values.hpp"
#include "world.hpp"

namespace azure::iot::device::conformance {
namespace {

bool is_twin_read(std::string_view topic) { return topic.starts_with("$iothub/twin/GET/"); }

bool is_twin_refusal(std::string_view topic) {
  return topic.starts_with("$iothub/twin/res/") && !topic.starts_with("$iothub/twin/res/200/");
}

Json describe_config(const MqttTransportConfig& config) {
  return {
      {"client_id", config.client_id},
      {"hostname", config.hostname},
      {"username", config.username},
      {"server_verification_cert", config.server_verification_cert},
      {"x509", config.x509.has_value()},
      {"websockets", config.websockets},
      {"cipher", config.cipher},
      {"proxy_options", config.proxy_options ? describe_proxy(*config.proxy_options) : Json()},
      {"keep_alive", config.keep_alive.count()},
  };
}

}  // namespace

class ScriptedTransport::Link final : public MqttTransport {
 public:
  explicit Link(ScriptedTransport& owner) : owner_(owner) {}

  Error connect(std::optional<std::string> password) override {
    return owner_.call("connect", {{"password", password ? to_value(*password) : Json()}});
  }
  // Python has one call for both.
  std::string cancel_connect() override {
    static_cast<void>(owner_.call("disconnect", {{"clear_inflight", false}}));
    return {};
  }
  Error disconnect(bool clear_inflight) override {
    Error error = owner_.call("disconnect", {{"clear_inflight", clear_inflight}});
    if (!error && clear_inflight) owner_.cancel_all();
    return error;
  }
  Error publish(OpKey key, std::string topic, std::string payload) override {
    return owner_.send("publish", key, topic, {{"payload", to_value(payload)}});
  }
  Error subscribe(OpKey key, const std::string& topic) override {
    return owner_.send("subscribe", key, topic, Json::object());
  }
  Error unsubscribe(OpKey key, const std::string& topic) override {
    return owner_.send("unsubscribe", key, topic, Json::object());
  }
  void pause_reading(bool) override {}  // Python has no counterpart.
  void cancel_all_operations() override {
    if (!owner_.call("cancel_all_operations")) owner_.cancel_all();
  }
  Error shutdown() override {
    Error error = owner_.call("shutdown");
    if (!error) owner_.cancel_all();
    return error;
  }

 private:
  ScriptedTransport& owner_;
};

MqttTransportFactory ScriptedTransport::factory() {
  return [this](EventLoop&, MqttTransportConfig config,
                MqttTransportListener& listener) -> Result<std::unique_ptr<MqttTransport>> {
    if (Error error = call("create", describe_config(config))) return error;
    listener_ = &listener;
    return std::unique_ptr<MqttTransport>(std::make_unique<Link>(*this));
  };
}

void ScriptedTransport::call_back(const Json& callback) {
  if (!listener_) return;
  const std::string& name = callback["name"].as_string();
  if (name == "on_mqtt_connected") {
    // With a session: Python does not know whether there is one.
    listener_->on_mqtt_connected(true);
  } else if (name == "on_mqtt_connection_failure") {
    listener_->on_mqtt_connection_failure(to_error(callback["cause"]));
  } else if (name == "on_mqtt_disconnected") {
    listener_->on_mqtt_disconnected(to_error(callback["cause"]));
  } else if (name == "on_mqtt_message_received") {
    const std::string topic = world_.names().actual_text(to_bytes(callback["topic"]));
    if (is_twin_refusal(topic)) world_.note_failed_read();
    listener_->on_mqtt_message_received(topic, to_bytes(callback["payload"]));
  } else if (name == "ack" || name == "cancel") {
    const bool cancelled = name == "cancel";
    end(world_.names().actual("mid-" + callback["mid"].dump()), callback.contains("again"),
        cancelled ? Error(Errc::operation_cancelled, "cancelled by the transport") : Error{});
  } else {
    throw std::invalid_argument("transport_callback: unknown name: " + name);
  }
}

Error ScriptedTransport::call(std::string_view name, Json fields) {
  fields.set("call", name);
  return world_.record("transport", std::move(fields)).raised;
}

Error ScriptedTransport::send(std::string_view name, OpKey key, const std::string& topic,
                              Json fields) {
  const int mid = ++last_mid_;
  sent_.emplace(mid, Sent{.key = key, .topic = topic});
  fields.set("mid", mid);
  fields.set("topic", to_value(topic));
  fields.set("call", name);
  Reaction reaction = world_.record("transport", std::move(fields));
  if (reaction.raised) {
    if (is_twin_read(topic)) world_.note_failed_read();
    return reaction.raised;
  }
  if (reaction.acknowledged) {
    listener_->on_mqtt_acknowledged(key, {});
  } else {
    pending_.insert(mid);
  }
  return {};
}

void ScriptedTransport::cancel_all() {
  // Packets that are sent by the notified operations are not part of it.
  for (const int mid : std::exchange(pending_, {})) {
    answer(sent_.at(mid), Error(Errc::operation_cancelled, "cancelled by the transport"));
  }
}

void ScriptedTransport::end(const std::string& name, bool again, Error error) {
  const auto sent = std::find_if(sent_.begin(), sent_.end(), [&](const auto& entry) {
    return "mid-" + std::to_string(entry.first) == name;
  });
  if (sent == sent_.end()) return;
  const bool was_pending = pending_.erase(sent->first) > 0;
  if (was_pending || again) answer(sent->second, std::move(error));
}

void ScriptedTransport::answer(const Sent& sent, Error error) {
  if (!listener_->still_waits(sent.key)) {
    world_.note_late_answer({.op_id = {}, .topic = sent.topic});
  }
  if (error && is_twin_read(sent.topic)) world_.note_failed_read();
  listener_->on_mqtt_acknowledged(sent.key, std::move(error));
}

}  // namespace azure::iot::device::conformance
