#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/loop/event_loop.hpp"
#include "transport/mqtt/mosquitto_transport.hpp"

namespace azure::iot::device::test {

// A transport on a loop of its own, used from the test's thread, and its notifications.
class TransportProbe final : private MqttTransportListener {
 public:
  explicit TransportProbe(MqttTransportConfig config, MosquittoTransportOptions options = {},
                          std::shared_ptr<EventLoop> loop = EventLoop::create());
  ~TransportProbe();

  // Runs on the loop's thread; returns when it has completed.
  void on_loop(const std::function<void(MqttTransport&)>& work);
  // The same unless the transport was destroyed.
  void on_loop_if_alive(const std::function<void(MqttTransport&)>& work);
  Error connect(std::optional<std::string> password = "secret");
  Error disconnect(bool clear_inflight = false);
  Error publish(std::uint32_t key, std::string topic, std::string payload = {});
  Error subscribe(std::uint32_t key, const std::string& topic);
  Error unsubscribe(std::uint32_t key, const std::string& topic);
  void pause_reading(bool paused);
  // Returns once the loop has completed a whole turn, with the events that were ready and the
  // timers that were due.
  void turn();
  void destroy();
  // From the loop's thread.
  void destroy_here() { transport_.reset(); }

  // The notifications, one line each: "connected", "failed", "disconnected", "message TOPIC
  // PAYLOAD", "ack KEY". With errors the code follows: "failed unauthorized".
  std::vector<std::string> told() const;
  // The text of the last reported error.
  std::string last_detail() const;
  // Whether this notification has come, or comes within thirty seconds.
  bool wait_for(const std::string& line, int times = 1) const;
  bool wait_for_count(std::size_t lines) const;

  // No caller waits for the operations with these keys any more.
  void give_up(std::uint32_t key);
  // Runs inside each notification, on the loop's thread.
  std::function<void(MqttTransport&, const std::string& line)> inside;
  // The factory's error, if it made no transport.
  Error creation_error;
  EventLoop& loop() { return *loop_; }

 private:
  void tell(std::string line, const Error& error = {});
  void on_mqtt_connected(bool session_present) override;
  void on_mqtt_connection_failure(Error cause) override;
  void on_mqtt_disconnected(Error cause) override;
  void on_mqtt_message_received(std::string_view topic, std::string_view payload) override;
  void on_mqtt_acknowledged(OpKey key, Error error) override;
  bool still_waits(OpKey key) const override;

  const std::shared_ptr<EventLoop> loop_;
  std::unique_ptr<MqttTransport> transport_;  // Loop's thread only.
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<std::string> told_;
  std::vector<std::uint32_t> given_up_;
  std::string last_detail_;
};

}  // namespace azure::iot::device::test
