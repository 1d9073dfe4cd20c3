// The configuration of a hub, which the launcher passes to the plugin in a private file: names,
// keys and the folder of its state.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "hub/limits.hpp"

namespace azure::iot::device::simulator {

struct DeviceConfig {
  std::string device_id;
  std::string module_id;  // Empty for a device.
  std::string key;        // Base64.
  // Known by its certificate instead of a key: by this thumbprint, or, where there is none, by its
  // own name as the common name, since TLS has checked who signed it.
  bool x509 = false;
  std::string thumbprint = {};  // SHA-256, in lower-case hexadecimal digits.
};

// Passes messages that a module sends to `output` on to `input` of another module of the device.
struct Route {
  std::string from_module;
  std::string output;
  std::string to_module;
  std::string input;
};

// `MODULE/outputs/OUTPUT=MODULE/inputs/INPUT`. Throws std::invalid_argument.
Route parse_route(std::string_view text);
std::string to_text(const Route& route);

struct HubConfig {
  std::vector<std::string> host_names;  // All names of this hub.
  std::vector<DeviceConfig> devices;
  std::map<std::string, std::string> policies;  // Shared access policy -> key.
  std::vector<Route> routes;
  Limits limits;
  std::string control_secret;       // The launcher's password.
  std::filesystem::path directory;  // The folder of the event log, the twins and queued messages.
};

std::string to_json_text(const HubConfig& config);

// Throws std::runtime_error when the text is not what `to_json_text` writes.
HubConfig parse_hub_config(std::string_view text);

// The client id of the launcher's connection to the broker. No device can have this name.
inline constexpr std::string_view kControlClientId = "//iothub-sim";
inline constexpr const char* kControlTopic = "$CONTROL/iothub-sim/v1";
inline constexpr const char* kControlReplyTopic = "$CONTROL/iothub-sim/v1/reply";

inline constexpr const char* kEventLogName = "events.jsonl";

}  // namespace azure::iot::device::simulator
