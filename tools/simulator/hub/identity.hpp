// A device or module that the hub knows, and its present state.
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

// Subjects to which a client can subscribe.
enum class Feature { c2d, inputs, methods, twin_responses, desired_patches };

// The reason why the hub ends a connection. Code 0: the hub has no error code for it.
struct EndOfLink {
  int code;
  std::string reason;
};

struct Identity {
  std::string device_id;
  std::string module_id;          // Empty for a device.
  std::vector<std::string> keys;  // Base64; any of them may sign.
  bool provisioned = false;       // Known only because a provisioning service assigned it.
  bool x509 = false;              // Identified by its certificate instead: see DeviceConfig.
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
  // False once a provisioned device is assigned to another hub.
  bool known() const { return x509 || !keys.empty(); }
  bool connected() const { return connection != nullptr; }
  bool subscribed(Feature feature) const {
    return std::any_of(subscriptions.begin(), subscriptions.end(),
                       [&](const auto& entry) { return entry.second == feature; });
  }
  // The source of its messages: the queue of a device, the inputs of a module.
  Feature message_feature() const { return module_id.empty() ? Feature::c2d : Feature::inputs; }
};

std::string_view to_string(Feature feature);

}  // namespace azure::iot::device::simulator
