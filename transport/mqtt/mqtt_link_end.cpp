#include <utility>

#include "pipeline/log.hpp"
#include "transport/mqtt/mosquitto_errors.hpp"
#include "transport/mqtt/mqtt_link.hpp"

// The part of a link that ends it, by itself or on request.

namespace azure::iot::device {

// Called after each call on libmosquitto.
void MqttLink::check(const MosquittoResult& result) {
  if (ended_ || (result && client_->connected())) return;
  const bool dialling = state_ == State::dialling && !to_announce_;
  if (tunnel_ && tunnel_->error()) return end(tunnel_->error());
  end(dialling ? dial_failure(result) : drop_error(result.rc, result.error_number));
}

void MqttLink::end(Error error) {
  if (!ended_) ended_ = std::move(error);
  unwatch();
}

void MqttLink::on_closed() { unwatch(); }

void MqttLink::settle() {
  if (!listener_) return tear_down();
  while (ended_) {
    // The last bytes are still in the tunnel, which reports when they have been sent.
    if (state_ == State::closing && tunnel_ && tunnel_->has_to_send() && !impatient_) {
      return client_->close();
    }
    const Error error = *std::exchange(ended_, std::nullopt);
    client_->close();
    dial_.reset();
    tunnel_.reset();
    to_announce_.reset();
    if (state_ == State::resolving || state_ == State::dialling) {
      log(LogLevel::warning, "not connected: " + error.describe());
      if (attempt_->try_next_after(error)) {
        dial_next();
        continue;
      }
      const Error summary = attempt_->summary();
      go_down();
      return listener_->on_link_failed(summary);
    }
    const bool asked_for = state_ == State::closing;
    log(asked_for ? LogLevel::info : LogLevel::warning,
        asked_for ? "disconnected" : "connection lost: " + error.describe());
    go_down();
    return listener_->on_link_down(asked_for ? Error{} : error);
  }
  if (!client_->connected()) return;
  keep_alive_.note(loop_.now(), client_->bytes_received(), client_->bytes_sent());
  watch();
}

void MqttLink::go_down() {
  state_ = State::down;
  lookup_.reset();
  attempt_.reset();
  impatient_ = false;
  patience_.cancel();
  soon_.cancel();
  keep_alive_timer_.cancel();
}

void MqttLink::abandon() {
  listener_ = nullptr;
  if (depth_ == 0) tear_down();
}

void MqttLink::tear_down() {
  if (!client_) return;
  if (fork_guard_.in_child()) {
    client_->keep_silent();
  } else if (usable()) {
    client_->disconnect();
    client_->write();
    client_->flush();
  }
  unwatch();
  client_.reset();
  dial_.reset();
  tunnel_.reset();
  ended_.reset();
  go_down();
}

}  // namespace azure::iot::device
