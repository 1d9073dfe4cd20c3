#pragma once

#include <string>
#include <string_view>

#include "../pipeline/text/user_agent.hpp"

namespace azure::iot::device {

// The user agent of a client of the Device Provisioning Service.
std::string get_provisioning_user_agent(const PlatformInfo& platform = this_platform());

// The MQTT user name. The MQTT client id is the registration id.
std::string get_provisioning_username(std::string_view id_scope, std::string_view registration_id,
                                      std::string_view user_agent);

// The resource that a token for the service gives access to: "scope/registrations/id".
std::string dps_sas_uri(std::string_view id_scope, std::string_view registration_id);

}  // namespace azure::iot::device
