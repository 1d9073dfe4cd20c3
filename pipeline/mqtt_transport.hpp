#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "error.hpp"
#include "loop/event_loop.hpp"
#include "op_key.hpp"
#include "pipeline_config.hpp"
#include "result.hpp"

namespace azure::iot::device {

// The configuration of a transport. (Python: the arguments of MQTTTransport.)
struct MqttTransportConfig {
  std::string client_id;
  std::string hostname;  // The name dialled and verified.
  std::uint16_t port = 0;
  std::string username;
  std::string server_verification_cert;
  std::optional<X509> x509;
  bool websockets = false;
  std::string cipher;
  std::optional<ProxyOptions> proxy_options;
  std::chrono::seconds keep_alive{60};
  std::size_t max_in_flight = 128;
};

// Callbacks from a transport to the stage above it, always on the loop's thread. A call on the
// transport may invoke one before it returns.
class MqttTransportListener {
 public:
  // A CONNACK with code 0 was received.
  virtual void on_mqtt_connected(bool session_present) = 0;
  // A connect ended without a connection.
  virtual void on_mqtt_connection_failure(Error cause) = 0;
  // An established connection ended; no error if `disconnect` asked for it.
  virtual void on_mqtt_disconnected(Error cause) = 0;
  virtual void on_mqtt_message_received(std::string_view topic, std::string_view payload) = 0;
  // The publish, subscribe or unsubscribe with this key was acknowledged, or ended with an error.
  virtual void on_mqtt_acknowledged(OpKey key, Error error) = 0;
  // Returns whether the operation with this key is still waiting. Called before a queued publish is
  // sent.
  virtual bool still_waits(OpKey key) const = 0;

 protected:
  ~MqttTransportListener() = default;
};

// An MQTT 3.1.1 connection to one server, re-established as often as needed. The pipeline owns this
// interface, and transport/ implements it. All calls are made on the loop's thread, and none
// blocks.
//
// A call that returns an error has no effect. A connect that returns none is answered exactly once,
// by on_mqtt_connected or on_mqtt_connection_failure. The answer comes within the transport's own
// deadline for name resolution, TCP, TLS and CONNACK together. A `disconnect` meanwhile ends the
// connect, and only the disconnect is answered. A disconnect is answered exactly once, by
// on_mqtt_disconnected, even without a connection. A publish, subscribe or unsubscribe is answered
// at most once, by on_mqtt_acknowledged.
class MqttTransport {
 public:
  virtual ~MqttTransport() = default;

  // Dials with this password (none: the credential is a certificate).
  virtual Error connect(std::optional<std::string> password) = 0;
  // Cancels a connect that has not been answered. Neither the connect nor this call is answered.
  // Returns a text for people about how far the connect had come; empty if nothing is known.
  virtual std::string cancel_connect() = 0;
  // With `clear_inflight`, first cancels the operations that wait for an acknowledgement, oldest
  // first. Otherwise publishes are sent again after the next connect (MQTT 3.1.1 clause 4.4).
  virtual Error disconnect(bool clear_inflight) = 0;
  // QoS 1. Publishes beyond `max_in_flight` are queued here.
  virtual Error publish(OpKey key, std::string topic, std::string payload) = 0;
  virtual Error subscribe(OpKey key, const std::string& topic) = 0;
  virtual Error unsubscribe(OpKey key, const std::string& topic) = 0;
  // Pauses or resumes reading from an established connection. A pause makes the server wait;
  // sending goes on. If the server hangs up meanwhile, the pause ends, and the data that it sent
  // before is read. A pause persists across a reconnect.
  virtual void pause_reading(bool paused) = 0;
  // Cancels all operations that wait for an acknowledgement, oldest first.
  virtual void cancel_all_operations() = 0;
  // Closes the connection without an event and cancels all waiting operations. The transport cannot
  // be used afterwards.
  virtual Error shutdown() = 0;
};

// Creates a transport that reports to `listener`, which outlives it.
using MqttTransportFactory = std::function<Result<std::unique_ptr<MqttTransport>>(
    EventLoop& loop, MqttTransportConfig config, MqttTransportListener& listener)>;

}  // namespace azure::iot::device
