#pragma once

#include <string>
#include <string_view>

namespace azure::iot::device {

// The settings of a provisioning pipeline beyond PipelineConfig. (Python:
// ProvisioningPipelineConfig.)
struct ProvisioningConfig {
  std::string registration_id = {};
  std::string id_scope = {};
  std::string user_agent = {};  // The user agent: see user_agent.hpp.
};

// The features that EnableFeatureOperation can switch on.
namespace feature {
inline constexpr std::string_view kRegister = "register";
}

}  // namespace azure::iot::device
