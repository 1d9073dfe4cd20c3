#include "clients/provisioning_device_client.hpp"

#include <utility>

#include "clients/detail/blocking.hpp"
#include "clients/detail/provisioning_client_core.hpp"
#include "transport/mqtt/mosquitto_transport.hpp"

namespace azure::iot::device {

using detail::Completion;
using detail::wait_for;

ProvisioningDeviceClient ProvisioningDeviceClient::create_from_symmetric_key(
    std::string_view provisioning_host, std::string_view registration_id, std::string_view id_scope,
    std::string_view symmetric_key, const ProvisioningSymmetricKeyOptions& options) {
  return ProvisioningDeviceClient(detail::ProvisioningClientCore::create(
      detail::config_from_symmetric_key(provisioning_host, registration_id, id_scope, symmetric_key,
                                        options),
      make_mosquitto_transport_factory()));
}

ProvisioningDeviceClient ProvisioningDeviceClient::create_from_x509_certificate(
    std::string_view provisioning_host, std::string_view registration_id, std::string_view id_scope,
    const X509& x509, const ProvisioningX509Options& options) {
  return ProvisioningDeviceClient(detail::ProvisioningClientCore::create(
      detail::config_from_x509_certificate(provisioning_host, registration_id, id_scope, x509,
                                           options),
      make_mosquitto_transport_factory()));
}

ProvisioningDeviceClient::ProvisioningDeviceClient(
    std::shared_ptr<detail::ProvisioningClientCore> core)
    : core_(std::move(core)) {}

ProvisioningDeviceClient::ProvisioningDeviceClient(ProvisioningDeviceClient&& other) noexcept =
    default;

ProvisioningDeviceClient& ProvisioningDeviceClient::operator=(
    ProvisioningDeviceClient&& other) noexcept {
  if (this != &other) {
    detail::end_client(core_);
    core_ = std::move(other.core_);
  }
  return *this;
}

ProvisioningDeviceClient::~ProvisioningDeviceClient() { detail::end_client(core_); }

void ProvisioningDeviceClient::set_provisioning_payload(Json payload) {
  core().set_provisioning_payload(std::move(payload));
}

RegistrationResult ProvisioningDeviceClient::register_device(Timeout timeout) {
  return wait_for<RegistrationResult>(core(), [&](Completion<RegistrationResult> done) {
    core().start_register(timeout, std::move(done));
  });
}

void ProvisioningDeviceClient::shutdown() {
  wait_for<void>(core(), [&](Completion<void> done) { core().start_shutdown(std::move(done)); });
}

detail::ProvisioningClientCore& ProvisioningDeviceClient::core() const {
  return detail::usable(core_);
}

}  // namespace azure::iot::device
