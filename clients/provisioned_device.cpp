#include "clients/provisioned_device.hpp"

#include <stdexcept>
#include <string>

namespace azure::iot::device {
namespace {

struct Assignment {
  const std::string& hub;
  const std::string& device_id;
};

Assignment assignment_in(const RegistrationResult& result) {
  const auto& state = result.registration_state;
  const auto check = [](bool present, std::string_view what) {
    if (present) return;
    throw std::invalid_argument(
        "result: must be that of a registration that assigned a hub; it "
        "names no " +
        std::string(what));
  };
  check(state && state->assigned_hub && !state->assigned_hub->empty(), "hub");
  check(state->device_id && !state->device_id->empty(), "device");
  return {*state->assigned_hub, *state->device_id};
}

}  // namespace

IoTHubDeviceClient create_device_client(const RegistrationResult& result,
                                        std::string_view symmetric_key,
                                        const SymmetricKeyOptions& options) {
  const Assignment assignment = assignment_in(result);
  return IoTHubDeviceClient::create_from_symmetric_key(symmetric_key, assignment.hub,
                                                       assignment.device_id, options);
}

}  // namespace azure::iot::device
