#pragma once

#include <string>
#include <string_view>

#include "../pipeline/result.hpp"

namespace azure::iot::device {

// The resource that a token for IoT Hub gives access to. A device has an empty module id.
struct HubSasUri {
  std::string hostname;
  std::string device_id;
  std::string module_id = {};

  bool operator==(const HubSasUri&) const = default;
};

// Returns "hub/devices/dev1" or "hub/devices/dev1/modules/mod1".
std::string hub_sas_uri(std::string_view hostname, std::string_view device_id,
                        std::string_view module_id = {});
// Parses such a text. The error has Errc::bad_content.
Result<HubSasUri> split_sas_uri(std::string_view uri);

}  // namespace azure::iot::device
