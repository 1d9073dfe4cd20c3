#pragma once

#include <string_view>

#include "../provisioning/models/registration_result.hpp"
#include "iothub_device_client.hpp"

namespace azure::iot::device {

// From a registration to the hub: a client for the device and the hub that the provisioning service
// named, with the credential that it registered with, which the hub knows as well. Connects to
// nothing. Throws std::invalid_argument if the result names no device or no hub, or an argument or
// option breaks its rule.
//
//   const RegistrationResult result = provisioning.register_device();
//   IoTHubDeviceClient device = create_device_client(result, key);
//   device.send_message("21.5");
IoTHubDeviceClient create_device_client(const RegistrationResult& result,
                                        std::string_view symmetric_key,
                                        const SymmetricKeyOptions& options = {});
IoTHubDeviceClient create_device_client(const RegistrationResult& result, const X509& x509,
                                        const X509Options& options = {});

}  // namespace azure::iot::device
