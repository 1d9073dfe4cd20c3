#include "pipeline/stages/mqtt_transport_stage.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "pipeline/events.hpp"
#include "pipeline/log.hpp"
#include "pipeline/mqtt_limits.hpp"

namespace azure::iot::device {

MqttTransportStage::MqttTransportStage(MqttTransportFactory make_transport)
    : make_transport_(std::move(make_transport)) {}

void MqttTransportStage::run(Owned<InitializePipelineOperation> op) {
  PipelineConfig& options = nucleus().options;
  auto transport =
      make_transport_(loop(),
                      MqttTransportConfig{
                          .client_id = op->client_id,
                          .hostname = options.gateway_hostname.empty() ? options.hostname
                                                                       : options.gateway_hostname,
                          .port = options.port,
                          .username = op->username,
                          .server_verification_cert = options.server_verification_cert,
                          // Moved out: the transport is created once, and nothing else needs the
                          // secrets.
                          .x509 = std::exchange(options.x509, std::nullopt),
                          .websockets = options.websockets,
                          .cipher = options.cipher,
                          .proxy_options = std::exchange(options.proxy_options, std::nullopt),
                          .keep_alive = options.keep_alive,
                          .max_in_flight = options.max_in_flight,
                      },
                      *this);
  if (!transport) return complete(std::move(op), transport.error());
  transport_ = *std::move(transport);
  complete(std::move(op));
}

void MqttTransportStage::run(Owned<ShutdownPipelineOperation> op) {
  reads_on_.cancel();
  // The reauthorization fails first: otherwise its failing disconnect would continue with its
  // connect.
  const Error cancelled(Errc::operation_cancelled, "cancelled by shutdown");
  reauthorizing_.fail_all(cancelled);
  pending_ = {};
  connection_ops_.fail_all(cancelled);  // Includes a displaced operation that was not completed.
  Error error = transport_ ? transport_->shutdown() : Error{};
  in_flight_.fail_all(cancelled);  // Those that the transport did not cancel itself.
  complete(std::move(op), std::move(error));
}

void MqttTransportStage::run(Owned<ConnectOperation> op) {
  if (!transport_) return refuse(std::move(op));
  displace_connection_op();
  op->then([this, whole = op->deadline](OpPtr done, Error error) {
    done->deadline = whole;
    // Still marked as pending but not held any more: its deadline expired.
    if (pending_ && !connection_ops_.holds(pending_)) error = on_connect_expired(error);
    complete(std::move(done), std::move(error));
  });
  op->deadline = std::min(op->deadline, saturating_add(loop().now(), kConnectWatchdog));
  pending_ = connection_ops_.hold(std::move(op));

  // The token's text is read at each connect, so that a renewed token is used.
  std::optional<std::string> password;
  if (const auto& token = nucleus().options.sastoken) password = token->text();
  if (Error error = transport_->connect(std::move(password))) fail_connection_op(std::move(error));
}

void MqttTransportStage::run(Owned<DisconnectOperation> op) {
  if (!transport_) return refuse(std::move(op));
  displace_connection_op();
  const bool hard = op->hard;
  pending_ = connection_ops_.hold(std::move(op));
  if (Error error = transport_->disconnect(hard)) fail_connection_op(std::move(error));
}

void MqttTransportStage::run(Owned<ReauthorizeConnectionOperation> op) {
  const OpKey key = reauthorizing_.hold(std::move(op));
  auto disconnect = make_op<DisconnectOperation>();
  disconnect->hard = false;
  disconnect->then([this, key](OpPtr, Error) {
    // Connects even if the disconnect failed.
    auto reauthorize = reauthorizing_.take<ReauthorizeConnectionOperation>(key);
    if (reauthorize) enter(make_worker<ConnectOperation>(std::move(reauthorize)));
  });
  run(std::move(disconnect));
}

void MqttTransportStage::run(Owned<MqttPublishOperation> op) {
  if (!transport_) return refuse(std::move(op));
  if (op->topic.size() > kMqttTextSizeLimit) {
    Error error = check_topic_size("topic", op->topic.size());
    return complete(std::move(op), std::move(error));
  }
  std::string topic = std::move(op->topic);
  std::string payload = std::move(op->payload);
  note_sent(op->sent);
  const OpKey key = in_flight_.hold(std::move(op));
  fail_if(transport_->publish(key, std::move(topic), std::move(payload)), key);
}

void MqttTransportStage::run(Owned<MqttSubscribeOperation> op) {
  if (!transport_) return refuse(std::move(op));
  if (Error error = check_topic_size("topic", op->topic.size())) {
    return complete(std::move(op), std::move(error));
  }
  const std::string topic = op->topic;  // The operation may be destroyed before the call returns.
  note_sent(op->sent);
  const OpKey key = in_flight_.hold(std::move(op));
  fail_if(transport_->subscribe(key, topic), key);
}

void MqttTransportStage::run(Owned<MqttUnsubscribeOperation> op) {
  if (!transport_) return refuse(std::move(op));
  if (Error error = check_topic_size("topic", op->topic.size())) {
    return complete(std::move(op), std::move(error));
  }
  const std::string topic = op->topic;
  note_sent(op->sent);
  const OpKey key = in_flight_.hold(std::move(op));
  fail_if(transport_->unsubscribe(key, topic), key);
}

void MqttTransportStage::run(Owned<PauseReadingOperation> op) {
  if (!transport_) return refuse(std::move(op));
  reads_on_.cancel();
  if (op->paused) {
    reads_on_.start(loop(), longest_pause(), [this] { guard([this] { on_pause_too_long(); }); });
  }
  transport_->pause_reading(op->paused);
  complete(std::move(op));
}

void MqttTransportStage::on_pause_too_long() {
  transport_->pause_reading(false);
  report_background_error(
      Error(Errc::user_handler,
            "what came in has not been taken by its handler for half the keep-alive; the client "
            "reads on, and keeps it in memory"));
}

// With a longer pause, ping responses would be read too late.
Duration MqttTransportStage::longest_pause() const {
  constexpr std::chrono::seconds kWithoutKeepAlive{30};
  const auto keep_alive = nucleus().options.keep_alive;
  return keep_alive > keep_alive.zero() ? Duration(keep_alive) / 2 : kWithoutKeepAlive;
}

void MqttTransportStage::on_mqtt_connected(bool session_present) {
  guard([&] { connected(session_present); });
}

void MqttTransportStage::connected(bool session_present) {
  ++link_;
  link_up_since_ = loop().now();
  send_event_up(ConnectedEvent(session_present));
  if (!pending_is<ConnectOperation>()) {
    return log_for(nucleus().client_id, LogLevel::info, name(), "connected, though nobody asked");
  }
  complete(take_connection_op());
}

void MqttTransportStage::on_mqtt_connection_failure(Error cause) {
  if (!pending_is<ConnectOperation>()) {
    return log_for(nucleus().client_id, LogLevel::info, name(),
                   "a connect that nobody waits for failed: ", cause.describe());
  }
  answer(take_connection_op(), std::move(cause));
}

void MqttTransportStage::on_mqtt_disconnected(Error cause) {
  guard([&] { disconnected(std::move(cause)); });
}

void MqttTransportStage::disconnected(Error cause) {
  // The event goes up first, so that continuations of the operation find the new state.
  send_event_up(DisconnectedEvent(cause));
  if (pending_is<DisconnectOperation>()) return complete(take_connection_op());
  if (pending_is<ConnectOperation>()) {
    if (!cause) cause = Error(Errc::connection_dropped, "disconnected while connecting");
    return complete(take_connection_op(), std::move(cause));
  }
  // Without a redial, packets in flight will not be acknowledged any more.
  if (!nucleus().options.connection_retry) transport_->cancel_all_operations();
  blame_oldest(cause);
  report_background_error(
      Error(Errc::connection_dropped, "the connection was lost", std::move(cause)));
}

void MqttTransportStage::note_sent(SentPacket& packet) {
  packet.at = loop().now();
  packet.link = link_;
}

// A service that refuses a packet closes the connection, and has acknowledged earlier packets. So
// the refused packet is the oldest one in flight. Publishes are sent again on each connection, the
// other packets only by their next attempt.
void MqttTransportStage::blame_oldest(const Error& cause) {
  SentPacket* oldest = nullptr;
  const OpKey key = in_flight_.find_first([&](Operation& op) {
    if (op.type() == type_id<MqttPublishOperation>()) {
      oldest = &static_cast<MqttPublishOperation&>(op).sent;
      return true;
    }
    oldest = op.type() == type_id<MqttSubscribeOperation>()
                 ? &static_cast<MqttSubscribeOperation&>(op).sent
                 : &static_cast<MqttUnsubscribeOperation&>(op).sent;
    return oldest->link == link_;
  });
  if (!key) return;
  if (loop().now() - std::max(oldest->at, link_up_since_) >= kSoon) {
    oldest->links_lost = 0;
    return;
  }
  if (++oldest->links_lost < kMostLinks) return;
  answer(in_flight_.take(key),
         Error(Errc::connection_dropped,
               "the connection was lost " + std::to_string(kMostLinks) +
                   " times in a row while this was in flight; the service probably refuses it",
               cause));
}

void MqttTransportStage::on_mqtt_message_received(std::string_view topic,
                                                  std::string_view payload) {
  guard([&] { send_event_up(IncomingMqttMessageEvent(topic, payload)); });
}

void MqttTransportStage::on_mqtt_acknowledged(OpKey key, Error error) {
  if (OpPtr op = in_flight_.take(key)) answer(std::move(op), std::move(error));
}

void MqttTransportStage::on_close() {
  // The operations under way fail next, when no transport is left to cancel them on.
  pending_ = {};
  reads_on_.cancel();
  transport_.reset();
}

// Completes an operation from a callback of the transport. No exception reaches the transport.
void MqttTransportStage::answer(OpPtr op, Error error) {
  guard([&] { complete(std::move(op), std::move(error)); });
}

void MqttTransportStage::refuse(OpPtr op) {
  complete(std::move(op),
           Error(Errc::pipeline_runtime, "the pipeline has not been initialized: no transport"));
}

OpPtr MqttTransportStage::take_connection_op() {
  return connection_ops_.take(std::exchange(pending_, OpKey{}));
}

template <class T>
bool MqttTransportStage::pending_is() const {
  const Operation* op = connection_ops_.find(pending_);
  return op && op->type() == type_id<T>();
}

void MqttTransportStage::displace_connection_op() {
  OpPtr displaced = take_connection_op();
  if (!displaced) return;
  // The continuation may start another change before `complete` returns. That one is displaced in
  // turn, but not completed, since its continuation could start yet another. It fails at its
  // deadline or when the transport shuts down.
  complete(std::move(displaced),
           Error(Errc::operation_cancelled, "displaced by another change of the connection"));
}

void MqttTransportStage::fail_connection_op(Error error) {
  if (OpPtr op = take_connection_op()) complete(std::move(op), std::move(error));
}

// Adds to the error how far the connect had come.
Error MqttTransportStage::on_connect_expired(const Error& error) {
  pending_ = {};
  const std::string reached = transport_->cancel_connect();
  const Error told =
      reached.empty() ? error : Error(error.code(), error.detail() + ": " + reached, error.cause());
  if (nucleus().connected()) send_event_up(DisconnectedEvent(told));
  return told;
}

void MqttTransportStage::fail_if(Error error, OpKey key) {
  if (!error) return;
  if (OpPtr op = in_flight_.take(key)) complete(std::move(op), std::move(error));
}

}  // namespace azure::iot::device
