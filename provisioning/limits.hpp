#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "../pipeline/error.hpp"
#include "../pipeline/json/json.hpp"

namespace azure::iot::device {

// A message to the Device Provisioning Service: "Azure subscription and service limits", Device
// Provisioning Service.
inline constexpr std::size_t kProvisioningMessageSizeLimit = 98304;

// Checks of the requests to the provisioning service, before anything is queued. Pure functions,
// callable from any thread. The error is Errc::bad_content and names the rule.
namespace provisioning_limits {

Error check_request(std::size_t body, std::size_t topic);
// Whether a registration with that payload stays within the limit; the error names the argument.
Error check_payload(std::string_view argument, std::string_view registration_id,
                    const Json& payload);

}  // namespace provisioning_limits

// The body of a registration.
std::string make_registration_body(std::string_view registration_id, const Json& payload);

}  // namespace azure::iot::device
