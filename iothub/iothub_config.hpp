#pragma once

#include <string>
#include <string_view>

namespace azure::iot::device {

// What a hub pipeline is told beyond PipelineConfig. (Python: IoTHubPipelineConfig.)
struct IotHubConfig {
  std::string device_id = {};
  std::string module_id = {};  // Empty: a device.
  // Appended to the user agent; a "dtmi:" text selects plug and play.
  std::string product_info = {};
  std::string user_agent = {};  // What the client says of itself.
  // Whether desired properties that were missed while disconnected are delivered afterwards.
  bool ensure_desired_properties = true;
};

// What can be switched on with EnableFeatureOperation.
namespace feature {
inline constexpr std::string_view kC2D = "c2d";
inline constexpr std::string_view kInput = "input";
inline constexpr std::string_view kMethods = "methods";
inline constexpr std::string_view kTwin = "twin";
inline constexpr std::string_view kTwinPatches = "twin_patches";
}  // namespace feature

}  // namespace azure::iot::device
