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

// What a transport is made with. (Python: the arguments of MQTTTransport.)
struct MqttTransportConfig {
  std::string client_id;
  std::string hostname;  // What is dialled and verified.
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

// What a transport tells the stage above it, always on the loop's thread. It may do so from inside
// a call on the transport.
class MqttTransportListener {
 public:
  // CONNACK with code 0.
  virtual void on_mqtt_connected(bool session_present) = 0;
  // A connect ended without a connection.
  virtual void on_mqtt_connection_failure(Error cause) = 0;
  // An established connection ended; no error where `disconnect` asked for it.
  virtual void on_mqtt_disconnected(Error cause) = 0;
  virtual void on_mqtt_message_received(std::string_view topic, std::string_view payload) = 0;
  // The publish, subscribe or unsubscribe with this key was acknowledged, or ended with an error.
  virtual void on_mqtt_acknowledged(OpKey key, Error error) = 0;
  // Whether somebody still waits for this key: asked before a queued publish is sent.
  virtual bool still_waits(OpKey key) const = 0;

 protected:
  ~MqttTransportListener() = default;
};

// An MQTT 3.1.1 connection to one server, made anew as often as needed. The pipeline owns this
// interface, transport/ implements it. All calls are made on the loop's thread and none blocks.
//
// A call that returns an error has done nothing. A connect that returns none is answered exactly
// once by on_mqtt_connected or on_mqtt_connection_failure, within the transport's own deadline for
// name resolution, TCP, TLS and CONNACK together; a `disconnect` meanwhile ends it without an
// answer other than its own. A disconnect is answered exactly once by on_mqtt_disconnected, also if
// there was no connection. A publish, subscribe or unsubscribe is answered at most once, by
// on_mqtt_acknowledged.
class MqttTransport {
 public:
  virtual ~MqttTransport() = default;

  // Dials with this password (none: the credential is a certificate).
  virtual Error connect(std::optional<std::string> password) = 0;
  // Gives up a connect that has not been answered: there will be no answer, to it or to this.
  // Returns how far it had come, for people; empty if nothing is known.
  virtual std::string cancel_connect() = 0;
  // With `clear_inflight`, whatever waits for an acknowledgement is first cancelled, oldest first;
  // otherwise publishes go out again after the next connect (MQTT 3.1.1 clause 4.4).
  virtual Error disconnect(bool clear_inflight) = 0;
  // QoS 1. Beyond `max_in_flight`, publishes wait here for their turn.
  virtual Error publish(OpKey key, std::string topic, std::string payload) = 0;
  virtual Error subscribe(OpKey key, const std::string& topic) = 0;
  virtual Error unsubscribe(OpKey key, const std::string& topic) = 0;
  // While paused, nothing more of what comes on an established connection is taken in, so that the
  // server has to wait; what is sent goes out. A server that hangs up meanwhile is noticed: what it
  // sent before is taken in, and the pause is over. Holds over a reconnect.
  virtual void pause_reading(bool paused) = 0;
  // Cancels whatever waits for an acknowledgement, oldest first.
  virtual void cancel_all_operations() = 0;
  // Ends the connection without an event and cancels what waits. The transport is of no use then.
  virtual Error shutdown() = 0;
};

// Makes a transport that tells `listener`, which outlives it.
using MqttTransportFactory = std::function<Result<std::unique_ptr<MqttTransport>>(
    EventLoop& loop, MqttTransportConfig config, MqttTransportListener& listener)>;

}  // namespace azure::iot::device
