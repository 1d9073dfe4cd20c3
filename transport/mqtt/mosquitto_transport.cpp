#include "transport/mqtt/mosquitto_transport.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "pipeline/log.hpp"
#include "pipeline/mqtt_answers.hpp"
#include "transport/mqtt/mqtt_link.hpp"
#include "transport/mqtt/operation_manager.hpp"

namespace azure::iot::device {
namespace {

constexpr std::uint16_t kMqttOverTls = 8883;
constexpr std::uint16_t kWebSockets = 443;
constexpr std::string_view kName = "MqttTransport";

// Maps operations to packets and answers the stage above. The link maintains the connection.
class MosquittoTransport final : public MqttTransport, private MqttLinkListener {
 public:
  static Result<std::unique_ptr<MqttTransport>> create(EventLoop& loop,
                                                       const MqttTransportConfig& config,
                                                       const MosquittoTransportOptions& options,
                                                       MqttTransportListener& listener) {
    std::unique_ptr<MosquittoTransport> transport(
        new MosquittoTransport(loop, listener, config.max_in_flight));
    auto link = MqttLink::create(loop, config, options, *transport);
    if (!link) return link.error();
    transport->link_ = *std::move(link);
    return std::unique_ptr<MqttTransport>(std::move(transport));
  }

  ~MosquittoTransport() override {
    if (link_) link_->abandon();
  }

  Error connect(std::optional<std::string> password) override {
    if (shut_down_) return was_shut_down();
    if (password && (password->size() > 65535 || password->find('\0') != std::string::npos)) {
      return Error(Errc::protocol_client,
                   "the password must be at most 65535 bytes long and free of NUL");
    }
    if (link_->state() != MqttLink::State::down || answer_.running()) {
      return Error(Errc::operation_error,
                   "connect makes no sense while a connection is being made, used or ended");
    }
    if (operations_.has_withdrawn(still_waits_)) {
      if (Error error = withdraw()) return error;
    }
    link_->open(std::move(password));
    return {};
  }

  std::string cancel_connect() override { return link_->cancel(); }

  Error disconnect(bool clear_inflight) override {
    if (shut_down_) return was_shut_down();
    // The link reports the end of an established connection.
    link_->cancel();
    link_->close();
    if (link_->state() == MqttLink::State::down) {
      answer_.start(loop_, Duration::zero(), [this] { listener_.on_mqtt_disconnected({}); });
    }
    if (clear_inflight) cancel_all_operations();
    return {};
  }

  Error publish(OpKey key, std::string topic, std::string payload) override {
    // If the connection has ended and the listener has not been notified yet, the publish is sent
    // after the next connect, as if it had been submitted a moment earlier.
    if (link_->state() != MqttLink::State::up) return not_connected("publish");
    if (!link_->usable() || !operations_.may_send()) {
      if (Error error = MqttLink::check_publish(topic, payload)) return error;
      operations_.queue_publish(key, std::move(topic), std::move(payload), still_waits_);
      return {};
    }
    if (!pass_identifiers_in_flight()) return no_identifier("publish");
    std::uint16_t mid = 0;
    if (Error error = link_->publish(topic, payload, mid)) return error;
    operations_.establish(OperationManager::Kind::publish, mid, key, 0,
                          {std::move(topic), std::move(payload)});
    return {};
  }

  Error subscribe(OpKey key, const std::string& topic) override {
    if (!link_->usable()) return not_connected("subscribe");
    if (!pass_identifiers_in_flight()) return no_identifier("subscribe");
    std::uint16_t mid = 0;
    if (Error error = link_->subscribe(topic, mid)) return error;
    operations_.establish(OperationManager::Kind::subscribe, mid, key);
    subscriptions_[mid] = topic;
    return {};
  }

  Error unsubscribe(OpKey key, const std::string& topic) override {
    if (!link_->usable()) return not_connected("unsubscribe");
    if (!pass_identifiers_in_flight()) return no_identifier("unsubscribe");
    std::uint16_t mid = 0;
    if (Error error = link_->unsubscribe(topic, mid)) return error;
    operations_.establish(OperationManager::Kind::unsubscribe, mid, key);
    return {};
  }

  void pause_reading(bool paused) override { link_->pause_reading(paused); }

  void cancel_all_operations() override {
    const Error cancelled(Errc::operation_cancelled, "cancelled while it waited for the server");
    const std::weak_ptr<void> alive = alive_;
    for (const OpKey key : operations_.cancel_all()) {
      listener_.on_mqtt_acknowledged(key, cancelled);
      if (alive.expired()) return;  // The listener destroyed this object.
    }
  }

  Error shutdown() override {
    if (shut_down_) return {};
    shut_down_ = true;
    answer_.cancel();
    link_->abandon();
    cancel_all_operations();
    return {};
  }

 private:
  MosquittoTransport(EventLoop& loop, MqttTransportListener& listener, std::size_t max_in_flight)
      : loop_(loop),
        listener_(listener),
        operations_(std::clamp<std::size_t>(max_in_flight, 1, kMostInFlight)) {}

  // Half of the packet identifiers, so that a free one is always found quickly.
  static constexpr std::size_t kMostInFlight = 32768;

  // libmosquitto assigns identifiers in sequence, even if one is in flight. The acknowledgement of
  // one packet would then be taken for that of the other. False if none is free.
  bool pass_identifiers_in_flight() {
    for (int passed = 0; passed < 65535; ++passed) {
      if (!operations_.in_flight(link_->next_identifier())) return true;
      if (!link_->skip_identifier()) return false;
    }
    return false;
  }
  static Error no_identifier(const char* what) {
    return Error(Errc::operation_error, std::string(what) + ": no packet identifier is free");
  }

  // libmosquitto would resend everything that is unacknowledged, including publishes whose
  // operations have ended. So it forgets everything, and the others are sent as new.
  Error withdraw() {
    if (Error error = link_->forget_messages()) return error;
    if (operations_.wants_resend(still_waits_)) {
      log(LogLevel::info, kName, "what is still in flight is sent as new");
    }
    operations_.forget_sent(still_waits_);
    return {};
  }

  static Error was_shut_down() {
    return Error(Errc::pipeline_not_running, "the transport was shut down");
  }
  static Error not_connected(const char* what) {
    return Error(Errc::no_connection, std::string(what) + " needs a connection, and there is none");
  }

  void on_link_up(bool session_present) override {
    send_queued();
    listener_.on_mqtt_connected(session_present);
  }
  void on_link_failed(Error cause) override {
    listener_.on_mqtt_connection_failure(std::move(cause));
  }
  void on_link_down(Error cause) override {
    operations_.connection_ended(still_waits_);
    subscriptions_.clear();
    listener_.on_mqtt_disconnected(std::move(cause));
  }
  void on_puback(std::uint16_t mid) override {
    const OpKey key = operations_.complete(OperationManager::Kind::publish, mid);
    send_queued();
    if (key) listener_.on_mqtt_acknowledged(key, {});
  }
  void on_suback(std::uint16_t mid, bool granted) override {
    const OpKey key = operations_.complete(OperationManager::Kind::subscribe, mid);
    const std::string topic = take_subscription(mid);
    if (!key) return;
    if (granted) return listener_.on_mqtt_acknowledged(key, {});
    listener_.on_mqtt_acknowledged(key, suback_error(topic));
  }
  void on_unsuback(std::uint16_t mid) override {
    const OpKey key = operations_.complete(OperationManager::Kind::unsubscribe, mid);
    if (key) listener_.on_mqtt_acknowledged(key, {});
  }
  void on_message(std::string_view topic, std::string_view payload) override {
    listener_.on_mqtt_message_received(topic, payload);
  }

  void send_queued() {
    while (link_->usable() && pass_identifiers_in_flight()) {
      auto next = operations_.next_to_send(still_waits_);
      if (!next) return;
      std::uint16_t mid = 0;
      if (Error error = link_->publish(next->topic, next->payload, mid)) {
        // The publish was checked when it was submitted, so memory has run out. The operation's
        // deadline completes it.
        log(LogLevel::error, kName, "a publish was not sent: ", error.describe());
        continue;
      }
      operations_.establish(OperationManager::Kind::publish, mid, next->key, next->turn,
                            {std::move(next->topic), std::move(next->payload)});
    }
  }

  std::string take_subscription(std::uint16_t mid) {
    const auto found = subscriptions_.extract(mid);
    return found ? std::move(found.mapped()) : std::string();
  }

  EventLoop& loop_;
  MqttTransportListener& listener_;
  const OperationManager::StillWaits still_waits_ = [this](OpKey key) {
    return listener_.still_waits(key);
  };
  OperationManager operations_;
  std::map<std::uint16_t, std::string> subscriptions_;  // Not acknowledged yet, by identifier.
  std::shared_ptr<MqttLink> link_;
  Timer answer_;  // Answers a disconnect without a connection.
  bool shut_down_ = false;
  const std::shared_ptr<void> alive_ = std::make_shared<char>();
};

// Rejects a configuration that this transport cannot serve.
Error check(const MqttTransportConfig& config) {
  if (config.client_id.empty()) return Error(Errc::operation_error, "client_id must not be empty");
  if (config.hostname.empty()) return Error(Errc::operation_error, "hostname must not be empty");
  for (const char c : config.hostname) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return Error(Errc::operation_error, "hostname must not contain control characters");
    }
  }
  return missing_tunnel(config.websockets, config.proxy_options);
}

void warn_of(std::chrono::seconds keep_alive, const std::string& client_id) {
  const auto supported = KeepAlive::supported(keep_alive);
  if (supported == keep_alive) return;
  log_for(client_id, LogLevel::warning, kName, "keep_alive of ", std::to_string(keep_alive.count()),
          " s is not possible: ", std::to_string(supported.count()), " s is used");
}

}  // namespace

Error missing_tunnel(bool websockets, const std::optional<ProxyOptions>& proxy_options) {
  if (Tunnel::available() || (!websockets && !proxy_options)) return {};
  const std::string what = websockets ? "websockets" : "proxy_options";
  return Error(Errc::bad_content, what + " cannot be used: this library was built without " +
                                      "tunnels (AZURE_IOT_DEVICE_TUNNEL=OFF)");
}

Error check_security(const PipelineConfig& config) {
  const TlsSettings settings{config.hostname, config.server_verification_cert, config.cipher};
  const auto tls =
      config.x509 ? TlsContext::create(settings, *config.x509) : TlsContext::get(settings);
  return tls ? Error{} : tls.error();
}

MqttTransportFactory make_mosquitto_transport_factory(MosquittoTransportOptions options) {
  if (!options.resolver) options.resolver = Resolver::system();
  return [options = std::move(options)](
             EventLoop& loop, MqttTransportConfig config,
             MqttTransportListener& listener) -> Result<std::unique_ptr<MqttTransport>> {
    if (Error error = check(config)) return error;
    if (config.port == 0) config.port = config.websockets ? kWebSockets : kMqttOverTls;
    warn_of(config.keep_alive, config.client_id);
    return MosquittoTransport::create(loop, config, options, listener);
  };
}

}  // namespace azure::iot::device
