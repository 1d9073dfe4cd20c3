#pragma once

#include <string>
#include <string_view>

namespace azure::iot::device {

// What a provisioning pipeline is told beyond PipelineConfig. (Python: ProvisioningPipelineConfig.)
struct ProvisioningConfig {
  std::string registration_id = {};
  std::string id_scope = {};
  std::string user_agent = {};  // What the client says of itself.
};

// What can be switched on with EnableFeatureOperation.
namespace feature {
inline constexpr std::string_view kRegister = "register";
}

}  // namespace azure::iot::device
