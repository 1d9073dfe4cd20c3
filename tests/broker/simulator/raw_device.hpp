// A device that uses nothing but libmosquitto, so that the simulator is tested without this
// library.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/simulator_process.hpp"

struct mosquitto;
struct mosquitto_message;

namespace azure::iot::device::test {

// Creates a token in the way of a device.
std::string make_sas_token(const std::string& resource, const std::string& key_base64,
                           std::chrono::seconds ttl, const std::string& policy = {});

std::string key_of(const SimulatorProcess& hub, const std::string& device);

class RawDevice {
 public:
  struct Options {
    bool clean_session = false;
    std::string user_name = {};  // Empty: the correct one.
    std::string password = {};   // Empty: a valid token; none beside a certificate.
    std::string client_id = {};  // Empty: the device's name.
    std::string will_topic = {};
    int keep_alive = 60;
    std::string certificate = {};  // Files. With them the device uses the port for certificates.
    std::string key = {};
    std::uint16_t port = 0;  // 0: the correct one.
  };
  struct Message {
    std::string topic;
    std::string payload;
    int qos;
  };

  RawDevice(const SimulatorProcess& hub, const std::string& name)
      : RawDevice(hub, name, Options{}) {}
  RawDevice(const SimulatorProcess& hub, const std::string& name, const Options& options);
  ~RawDevice();

  // The code of the CONNACK; nothing if the connection failed before it arrived.
  std::optional<int> connect();
  bool subscribe(const std::string& filter, int qos = 1);  // True once the SUBACK grants 0 or 1.
  int publish(const std::string& topic, std::string_view payload, int qos = 1,
              bool retain = false);  // Its packet id.
  void disconnect();

  // Runs the client until the condition holds; false after the time.
  bool run_until(const std::function<bool()>& condition,
                 std::chrono::milliseconds timeout = std::chrono::seconds(5));
  bool wait_for_messages(std::size_t count);
  bool wait_for_puback(int packet_id);
  bool wait_for_loss();

  bool online() const { return online_; }
  bool session_present() const { return session_present_; }
  const std::vector<Message>& messages() const { return messages_; }
  std::size_t pubacks() const { return acknowledged_.size(); }

 private:
  static void on_connect(mosquitto*, void* self, int code, int flags);
  static void on_disconnect(mosquitto*, void* self, int code);
  static void on_message(mosquitto*, void* self, const mosquitto_message* message);
  static void on_publish(mosquitto*, void* self, int packet_id);
  static void on_subscribe(mosquitto*, void* self, int packet_id, int count, const int* granted);

  std::unique_ptr<mosquitto, void (*)(mosquitto*)> client_;
  std::string host_;
  std::uint16_t port_;
  int keep_alive_;
  std::optional<int> connack_;
  std::optional<int> granted_;
  bool online_ = false;
  bool session_present_ = false;
  std::vector<Message> messages_;
  std::multiset<int> acknowledged_;
};

}  // namespace azure::iot::device::test
