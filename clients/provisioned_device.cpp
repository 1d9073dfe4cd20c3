#include "clients/provisioned_device.hpp"

#include <stdexcept>
#include <string>

#include "clients/detail/assignment.hpp"
#include "clients/detail/text_checks.hpp"

namespace azure::iot::device {

detail::Assignment::Assignment(const RegistrationResult& result) {
  const auto take = [&](std::optional<std::string> RegistrationState::*part, const char* name) {
    const auto& state = result.registration_state;
    if (state && (*state).*part && !((*state).*part)->empty()) return &*((*state).*part);
    throw std::invalid_argument(
        "result: must be that of a registration that assigned a hub; it names no " +
        std::string(name));
  };
  hub = take(&RegistrationState::assigned_hub, "hub");
  device_id = take(&RegistrationState::device_id, "device");
  check_host_name("result: assigned_hub", *hub);
  check_hub_id("result: device_id", *device_id);
}

IoTHubDeviceClient create_device_client(const RegistrationResult& result,
                                        std::string_view symmetric_key,
                                        const SymmetricKeyOptions& options) {
  const detail::Assignment assignment(result);
  return IoTHubDeviceClient::create_from_symmetric_key(symmetric_key, *assignment.hub,
                                                       *assignment.device_id, options);
}

IoTHubDeviceClient create_device_client(const RegistrationResult& result, const X509& x509,
                                        const X509Options& options) {
  const detail::Assignment assignment(result);
  return IoTHubDeviceClient::create_from_x509_certificate(x509, *assignment.hub,
                                                          *assignment.device_id, options);
}

}  // namespace azure::iot::device
