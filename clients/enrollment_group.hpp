#pragma once

#include <string>
#include <string_view>

namespace azure::iot::device {

// Derives the key of one device of an enrollment group that attests with a symmetric key: the
// HMAC-SHA256 of the registration id under the group's key, in base64. The device registers with
// it, and later connects to its hub with it. Throws std::invalid_argument if the group's key is
// empty or is not base64 throughout, or if the registration id is empty or blank.
//
// The group's key can impersonate any device of the group. Keep it where devices are manufactured,
// and give each device only its own key.
//
//   const std::string key = derive_device_key(group_key, "thermostat-7");
//   auto client = ProvisioningDeviceClient::create_from_symmetric_key(host, "thermostat-7",
//                                                                     id_scope, key);
std::string derive_device_key(std::string_view group_key, std::string_view registration_id);

}  // namespace azure::iot::device
