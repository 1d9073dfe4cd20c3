// What the program does besides `run`: each command asks a running simulator and prints JSON.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace azure::iot::device::simulator {

// Exit statuses of the program.
enum : int {
  kDone = 0,
  kFailed = 1,  // Refused by the hub, no simulator, the broker died.
  kBadUsage = 2,
  kTimedOut = 3,  // `watch --count` saw too little; a method was not answered.
};

// The socket named by --control or IOTHUB_SIM_CONTROL, else the newest simulator's. Throws
// std::runtime_error when there is none.
std::filesystem::path choose_control_socket(const std::string& named);

// Commands without arguments of their own: devices, stop, drop and those of the broker.
int run_simple(const std::filesystem::path& socket, const std::string& command,
               const std::string& device);

struct C2dOptions {
  std::string device;
  std::string text;
  std::string message_id, correlation_id, user_id, content_type, content_encoding, ack;
  std::vector<std::string> properties;  // key=value, or key alone.
  std::optional<std::int64_t> expiry_seconds;
};
int run_send_c2d(const std::filesystem::path& socket, const C2dOptions& options);

int run_invoke(const std::filesystem::path& socket, const std::string& device,
               const std::string& method, const std::string& payload, double timeout_seconds);

int run_twin(const std::filesystem::path& socket, const std::string& device,
             const std::string& desired);

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
