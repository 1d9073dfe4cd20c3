#pragma once

#include <string>
#include <string_view>

namespace azure::iot::device {

// The key of one device of an enrollment group that attests with a symmetric key: in base64, the
// HMAC-SHA256 of the registration id under the group's key. With it the device registers, and later
// connects to its hub. Throws std::invalid_argument if the group's key is empty or not base64
// throughout, or the registration id empty or blank.
//
// Whoever has the group's key can be any device of the group: keep it where devices are made, and
// give each device its own key only.
//
//   const std::string key = derive_device_key(group_key, "thermostat-7");
//   auto client = ProvisioningDeviceClient::create_from_symmetric_key(host, "thermostat-7",
//                                                                     id_scope, key);
std::string derive_device_key(std::string_view group_key, std::string_view registration_id);

}  // namespace azure::iot::device
