// A device or module that the hub knows, and what it is doing now.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hub/twin.hpp"

namespace azure::iot::device::simulator {

// What a client can subscribe to.
enum class Feature { c2d, inputs, methods, twin_responses, desired_patches };

// Why the hub ends a connection. Code 0: none of the hub's error codes says it.
struct EndOfLink {
  int code;
  std::string reason;
};

struct Identity {
  std::string device_id;
  std::string module_id;          // Empty for a device.
  std::vector<std::string> keys;  // Base64; any of them may sign.
  bool provisioned = false;       // Known by a provisioning service alone.
  bool x509 = false;              // Known by its certificate instead: see DeviceConfig.
  std::string thumbprint;

  Twin twin;
  std::map<std::string, Feature> subscriptions;  // By topic filter.

  const void* connection = nullptr;  // The broker's client; null while absent.
  bool clean_session = false;
  std::chrono::seconds keep_alive{};
  std::chrono::sys_seconds token_expiry{};
  std::chrono::steady_clock::time_point last_heard{};
  std::optional<EndOfLink> end;  // Set before the hub ends the connection.

  // As in the MQTT client id and the user name.
  std::string name() const { return module_id.empty() ? device_id : device_id + "/" + module_id; }
  // Otherwise it was given to another hub.
  bool known() const { return x509 || !keys.empty(); }
  bool connected() const { return connection != nullptr; }
  bool subscribed(Feature feature) const {
    return std::any_of(subscriptions.begin(), subscriptions.end(),
                       [&](const auto& entry) { return entry.second == feature; });
  }
  // Where its messages come from: the queue of a device, the inputs of a module.
  Feature message_feature() const { return module_id.empty() ? Feature::c2d : Feature::inputs; }
};

std::string_view to_string(Feature feature);

}  // namespace azure::iot::device::simulator
