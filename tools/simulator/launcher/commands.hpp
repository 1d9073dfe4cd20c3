// The program's commands besides `run`: each sends a request to a running simulator and prints
// JSON.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/json.hpp"
#include "launcher/run_directory.hpp"

namespace azure::iot::device::simulator {

// Exit statuses of the program.
enum : int {
  kDone = 0,
  kFailed = 1,  // Refused by the hub, no simulator, or the broker died.
  kBadUsage = 2,
  kTimedOut = 3,  // `watch --count` received too few events; a method was not answered.
};

// The socket named by --control or IOTHUB_SIM_CONTROL, else that of the only simulator of its kind.
// Throws std::runtime_error if none runs, and std::invalid_argument, with a list, if several do.
std::filesystem::path choose_control_socket(const std::string& named,
                                            const char* socket_name = kHubSocketName);

// Sends the request and prints the result.
int run_request(const std::filesystem::path& socket, const JsonObject& request);

// Commands whose only argument, if any, is a device: devices, stop, drop and those of the broker.
int run_simple(const std::filesystem::path& socket, const std::string& command,
               const std::string& device);

struct TokenOptions {
  std::string device;
  std::int64_t ttl_seconds = 3600;
  std::string policy;
};
int run_token(const std::filesystem::path& socket, const TokenOptions& options);

struct Repetition {
  std::int64_t count = 1;
  std::int64_t interval_ms = 0;
};

struct MessageOptions {
  std::string device;
  std::string input;  // Of a module; empty: a message to a device.
  std::string text;
  std::string message_id, correlation_id, user_id, content_type, content_encoding, ack;
  std::vector<std::string> properties;  // key=value, or key alone.
  std::optional<std::int64_t> expiry_seconds;
  Repetition repetition;
};
int run_send_message(const std::filesystem::path& socket, const MessageOptions& options);

struct InvokeOptions {
  std::string device, method, payload;
  double timeout_seconds = 30;
  Repetition repetition;
};
int run_invoke(const std::filesystem::path& socket, const InvokeOptions& options);

struct TwinOptions {
  std::string device, desired;
  Repetition repetition;
};
int run_twin(const std::filesystem::path& socket, const TwinOptions& options);

struct FaultOptions {
  std::string name;  // Empty: print those that are set. Or "clear".
  bool list = false;
  std::string device;
  std::optional<std::int64_t> count;
  std::optional<double> seconds;
  std::optional<std::int64_t> status;
};
int run_fault(const std::filesystem::path& socket, const FaultOptions& options);

// Name and meaning of each fault.
std::vector<std::pair<std::string, std::string>> fault_meanings();

struct WatchOptions {
  std::string device;  // Empty: all.
  bool telemetry = false;
  bool connections = false;
  bool from_start = false;
  bool follow = true;
  std::optional<std::int64_t> count;
  std::optional<double> timeout_seconds;
};
int run_watch(const std::filesystem::path& socket, const WatchOptions& options);

}  // namespace azure::iot::device::simulator
