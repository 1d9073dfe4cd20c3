#pragma once

#include <string_view>

#include "../provisioning/models/registration_result.hpp"
#include "iothub_device_client.hpp"

namespace azure::iot::device {

// Creates a client for the device and the hub that the provisioning service assigned. The
// credential is the one that the device registered with, which the hub knows as well. Does not
// connect. Throws std::invalid_argument if the result names no device or no hub, or if an argument
// or option breaks its rule.
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
