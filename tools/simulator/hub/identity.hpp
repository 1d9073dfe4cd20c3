// A device or module that the hub knows, and what it is doing now.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "hub/twin.hpp"

namespace azure::iot::device::simulator {

// What a client can subscribe to.
enum class Feature { c2d, inputs, methods, twin_responses, desired_patches };

struct Identity {
  std::string device_id;
  std::string module_id;          // Empty for a device.
  std::vector<std::string> keys;  // Base64; any of them may sign.

  Twin twin;
  std::set<Feature> subscriptions;

  const void* connection = nullptr;  // The broker's client; null while absent.
  bool clean_session = false;

  // As in the MQTT client id and the user name.
  std::string name() const { return module_id.empty() ? device_id : device_id + "/" + module_id; }
  bool connected() const { return connection != nullptr; }
  bool subscribed(Feature feature) const { return subscriptions.contains(feature); }
};

std::string_view to_string(Feature feature);

}  // namespace azure::iot::device::simulator
