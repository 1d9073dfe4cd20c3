#include "clients/managed_device.hpp"

#include <future>
#include <stdexcept>
#include <string>
#include <utility>

#include "clients/detail/blocking.hpp"
#include "clients/detail/managed_device_core.hpp"
#include "pipeline/log.hpp"
#include "transport/mqtt/mosquitto_transport.hpp"

namespace azure::iot::device {

using detail::Completion;
using detail::wait_for;

namespace {

// The clients are created later, but an option that this build cannot support is reported now.
template <class Options>
void check_tunnels(const Options& options) {
  const auto check = [](const std::string& client, const auto& of_client) {
    const Error missing = missing_tunnel(of_client.websockets, of_client.proxy_options);
    if (missing) throw std::invalid_argument(client + '.' + missing.detail());
  };
  check("provisioning", options.provisioning);
  check("hub", options.hub);
}

void check_security_of(const std::string& client, const PipelineConfig& config) {
  const Error unusable = check_security(config);
  if (!unusable) return;
  // The certificate is an argument, not an option of a client.
  const bool of_argument = unusable.detail().starts_with("x509");
  throw std::invalid_argument((of_argument ? "" : client + '.') + unusable.detail());
}

ManagedDevice make_device(detail::ManagedDeviceConfig config) {
  check_security_of("provisioning", config.provisioning().pipeline);
  check_security_of("hub", config.hub("hub", "device").pipeline);
  return ManagedDevice(detail::ManagedDeviceCore::create(
      std::move(config), {.provisioning = make_mosquitto_transport_factory(),
                          .hub = make_mosquitto_transport_factory(),
                          .handler_pool = HandlerPool::shared()}));
}

}  // namespace

ManagedDevice ManagedDevice::create_from_symmetric_key(std::string_view provisioning_host,
                                                       std::string_view registration_id,
                                                       std::string_view id_scope,
                                                       std::string_view symmetric_key,
                                                       ManagedSymmetricKeyOptions options) {
  check_tunnels(options);
  return make_device(detail::config_from_symmetric_key(provisioning_host, registration_id, id_scope,
                                                       symmetric_key, std::move(options)));
}

ManagedDevice ManagedDevice::create_from_x509_certificate(std::string_view provisioning_host,
                                                          std::string_view registration_id,
                                                          std::string_view id_scope,
                                                          const X509& x509,
                                                          ManagedX509Options options) {
  check_tunnels(options);
  return make_device(detail::config_from_x509_certificate(provisioning_host, registration_id,
                                                          id_scope, x509, std::move(options)));
}

ManagedDevice::ManagedDevice(std::shared_ptr<detail::ManagedDeviceCore> core)
    : core_(std::move(core)) {}

ManagedDevice::ManagedDevice(ManagedDevice&& other) noexcept = default;

ManagedDevice& ManagedDevice::operator=(ManagedDevice&& other) noexcept {
  if (this != &other) {
    detail::end_client(core_);
    core_ = std::move(other.core_);
  }
  return *this;
}

ManagedDevice::~ManagedDevice() { detail::end_client(core_); }

void ManagedDevice::connect(Timeout timeout) {
  auto& core = detail::usable(core_);
  wait_for<void>(core,
                 [&](Completion<void> done) { core.start_connect(timeout, std::move(done)); });
}

std::shared_ptr<IoTHubDeviceClient> ManagedDevice::client() const {
  return detail::usable(core_).client();
}

void ManagedDevice::shutdown() {
  auto& core = detail::usable(core_);
  wait_for<void>(core, [&](Completion<void> done) { core.start_shutdown(std::move(done)); });
}

}  // namespace azure::iot::device
