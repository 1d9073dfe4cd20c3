// A simulated IoT Hub (`iothub-sim run`) for as long as this object lives, and the calls of a
// service. Starting takes some 50 ms, so one may serve many test cases; give each its own device.
//
//   SimulatorProcess hub({.devices = {"dev1"}});
//   auto client = IoTHubDeviceClient::create_from_connection_string(
//       hub.connection_string("dev1"),
//       {.port = hub.port(), .server_verification_cert = hub.ca_file()});
//   ...
//   CHECK(hub.wait_for_telemetry("dev1", 1).at(0).payload == "hello");
//
// All calls block, with a limit, and throw std::runtime_error when the simulator refuses, does not
// answer or has died. Several threads may call at the same time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "support/test_certificates.hpp"

namespace azure::iot::device::test {

struct SimulatorOptions {
  std::vector<std::string> devices = {"device-1"};  // "id", "id=BASE64KEY", "device/module".
  std::string server_cert = "good";                 // Or "badname", "untrusted".
  std::vector<std::string> x509_devices = {};       // "id", "id=FILE": see --x509-device.
  bool websockets = false;
  // Further arguments of `iothub-sim run`; see its --help.
  std::vector<std::string> arguments = {};
  std::string command = "run";                // Or "run-dps": see dps_process.hpp.
  std::vector<std::string> environment = {};  // "NAME=VALUE", in addition to those of the test.
  std::string errors = {};  // A file for its standard error; empty: that of the test.
};

// One line of the simulator's event log.
struct HubEvent {
  std::string kind;  // "telemetry", "connected", "disconnected", "refused", "subscribed", ...
  std::string device_id;
  std::string module_id;
  std::string json;  // The whole line.
};

struct TelemetryRecord {
  std::string device_id;
  std::string module_id;
  std::string topic;
  std::string payload;                                   // The bytes as sent.
  std::map<std::string, std::string> properties;         // Decoded; no value reads as "".
  std::map<std::string, std::string> system_properties;  // "$.mid" and so on.
};

struct MethodResult {
  int status;
  std::string payload;  // JSON.
};

struct C2dProperties {
  std::string message_id = {};
  std::vector<std::pair<std::string, std::string>> properties = {};
  std::vector<std::pair<std::string, std::string>> system_properties =
      {};  // "$.ct", "iothub-ack", ...
};

// A fault: see `iothub-sim fault --help` for the names.
struct FaultOptions {
  std::string name;
  std::string device = {};                  // "id" or "device/module"; empty: any.
  std::optional<int> count = {};            // Once, unless a time is given.
  std::chrono::milliseconds duration = {};  // 0: until the count is reached.
  int status = 500;                         // Of "twin-error".
};

class SimulatorProcess {
 public:
  explicit SimulatorProcess(const SimulatorOptions& options = {});
  SimulatorProcess(const SimulatorProcess&) = delete;
  SimulatorProcess& operator=(const SimulatorProcess&) = delete;
  ~SimulatorProcess();

  const std::string& ca_file() const { return ca_file_; }
  const std::string& host() const { return host_; }
  std::uint16_t port() const { return port_; }
  std::uint16_t x509_port() const { return x509_port_; }
  // 0 if WebSockets were not requested.
  std::uint16_t websocket_port() const { return websocket_port_; }
  std::uint16_t x509_websocket_port() const { return x509_websocket_port_; }
  const std::string& control_socket() const { return control_socket_; }
  const std::string& event_log() const { return event_log_; }
  const std::string& ready_line() const { return ready_line_; }  // JSON.
  const std::string& connection_string(const std::string& device) const;
  // Files of a device that is known by its certificate; the key's only if the simulator made it.
  const CertificateFiles& certificate_files(const std::string& device) const;

  // The events so far. `device` is "id" or "device/module"; empty means all.
  std::vector<TelemetryRecord> telemetry(const std::string& device = {}) const;
  std::vector<HubEvent> events(const std::string& kind = {}, const std::string& device = {}) const;

  // Each waits until there are `count` in all, and returns them; throws after the time.
  std::vector<TelemetryRecord> wait_for_telemetry(
      const std::string& device, std::size_t count,
      std::chrono::milliseconds timeout = std::chrono::seconds(10)) const;
  std::vector<HubEvent> wait_for_events(
      const std::string& kind, const std::string& device, std::size_t count = 1,
      std::chrono::milliseconds timeout = std::chrono::seconds(10)) const;

  bool connected(const std::string& device) const;

  // Calls of a service. `payload` of `invoke` and the twins are JSON texts.
  void send_c2d(const std::string& device, std::string_view payload,
                const C2dProperties& properties = {}) const;
  void send_input(const std::string& module, const std::string& input, std::string_view payload,
                  const C2dProperties& properties = {}) const;
  MethodResult invoke(const std::string& device, const std::string& method,
                      const std::string& payload = "null",
                      std::chrono::milliseconds timeout = std::chrono::seconds(10)) const;
  std::string twin(const std::string& device) const;
  std::int64_t set_desired(const std::string& device, const std::string& patch) const;

  // A shared access signature, of the device's own key or of a policy's (`--policy`).
  std::string token(const std::string& device, std::chrono::seconds ttl,
                    const std::string& policy = {}) const;

  // Sets a fault, or clears all. `faults` returns those that are set, as a JSON array.
  void fault(const FaultOptions& options) const;
  void clear_faults() const;
  std::string faults() const;

  // Immediate faults. `drop` cuts the link. The broker is killed (SIGKILL), and starts again at the
  // same port with telemetry, twins and queued messages as they were.
  void drop(const std::string& device) const;
  void stop_broker() const;
  void start_broker() const;
  void restart_broker() const;

  // Sends one request of the control protocol (a JSON object without id); returns `result` as JSON.
  std::string control(const std::string& request) const;

  pid_t pid() const { return pid_; }

  // Ends the simulator with SIGTERM and returns its exit status. Otherwise the destructor ends it.
  int stop();

 private:
  void start(const SimulatorOptions& options);
  std::string read_ready_line(int fd) const;
  void take_ready_line(const std::string& line);

  pid_t pid_ = 0;
  int stdin_ = -1;  // The simulator ends when this closes, however this process ends.
  std::string ca_file_;
  std::string host_;
  std::uint16_t port_ = 0;
  std::uint16_t x509_port_ = 0;
  std::uint16_t websocket_port_ = 0;
  std::uint16_t x509_websocket_port_ = 0;
  std::string control_socket_;
  std::string event_log_;
  std::string ready_line_;
  std::map<std::string, std::string> connection_strings_;
  std::map<std::string, CertificateFiles> certificate_files_;
};

}  // namespace azure::iot::device::test
