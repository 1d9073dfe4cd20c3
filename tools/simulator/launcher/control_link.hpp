// The launcher's own connection to the broker, over which it sends commands to the hub inside. MQTT
// wakes the broker at once, so a command is carried out within a millisecond instead of at a tick.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

struct mosquitto;
struct mosquitto_message;

namespace azure::iot::device::simulator {

class ControlLink {
 public:
  explicit ControlLink(std::function<void(std::string_view)> on_reply);
  ControlLink(const ControlLink&) = delete;
  ControlLink& operator=(const ControlLink&) = delete;
  ~ControlLink();

  // Returns false if the broker did not accept within the time. `give_up` is polled now and then.
  bool connect(const std::filesystem::path& socket, const std::string& secret,
               std::chrono::milliseconds timeout, const std::function<bool()>& give_up);
  void close();

  bool connected() const { return connected_; }
  int fd() const;
  bool wants_to_write() const;

  // Call it when `fd` is ready. Returns false if the connection has ended.
  bool on_ready();

  void send(std::string_view command);

 private:
  static void on_connect(mosquitto*, void* self, int code);
  static void on_message(mosquitto*, void* self, const mosquitto_message* message);

  std::function<void(std::string_view)> on_reply_;
  std::unique_ptr<mosquitto, void (*)(mosquitto*)> client_;
  bool connected_ = false;
};

}  // namespace azure::iot::device::simulator
