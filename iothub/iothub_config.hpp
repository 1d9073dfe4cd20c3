#pragma once

#include <string>
#include <string_view>

namespace azure::iot::device {

// The configuration of a hub pipeline, in addition to PipelineConfig. (Python:
// IoTHubPipelineConfig.)
struct IotHubConfig {
  std::string device_id = {};
  std::string module_id = {};  // Empty: a device.
  // Appended to the user agent. A text that starts with "dtmi:" is an IoT Plug and Play model id.
  std::string product_info = {};
  std::string user_agent = {};  // The client's description of itself.
  // Whether desired properties missed while disconnected are delivered afterwards.
  bool ensure_desired_properties = true;
};

// Features for EnableFeatureOperation and DisableFeatureOperation.
namespace feature {
inline constexpr std::string_view kC2D = "c2d";
inline constexpr std::string_view kInput = "input";
inline constexpr std::string_view kMethods = "methods";
inline constexpr std::string_view kTwin = "twin";
inline constexpr std::string_view kTwinPatches = "twin_patches";
}  // namespace feature

}  // namespace azure::iot::device
