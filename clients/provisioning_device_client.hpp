#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include "../pipeline/json/json.hpp"
#include "../provisioning/models/registration_result.hpp"
#include "exceptions.hpp"
#include "provisioning_client_options.hpp"

namespace azure::iot::device {

namespace detail {
class ProvisioningClientCore;
}

// A device that asks the Device Provisioning Service, over MQTT, for the hub that it belongs to.
// Registering once is all that a client is for: it ends with its success.
//
//   auto provisioning = ProvisioningDeviceClient::create_from_symmetric_key(
//       "global.azure-devices-provisioning.net", registration_id, id_scope, key);
//   const RegistrationResult result = provisioning.register_device();
//   auto device = create_device_client(result, key);   // provisioned_device.hpp
//
// Where an enrollment group has the key, the device's own is made by `derive_device_key`, of
// enrollment_group.hpp.
//
// Calls block until they have ended. They may be made on any thread, but not on that of the
// client's event loop, which would wait for itself. A forked child's copy of a client sends nothing
// and may be destroyed; its calls throw ClientError.
class ProvisioningDeviceClient final {
 public:
  // How long one call may take: nothing for the option `operation_timeout`, 0 for ever.
  using Timeout = std::optional<std::chrono::milliseconds>;

  // Makes a client from the service's name ("global.azure-devices-provisioning.net"), the id under
  // which the device is enrolled, the scope's id as the portal shows it, and the device's key in
  // base64. Connects to nothing. Throws std::invalid_argument if an argument or option breaks its
  // rule: the service's name may not be empty, nor the registration id blank. An empty scope or key
  // is taken as in Python, and warned of in the log.
  //
  //   auto client = ProvisioningDeviceClient::create_from_symmetric_key(host, registration_id,
  //                                                                     id_scope, key);
  static ProvisioningDeviceClient create_from_symmetric_key(
      std::string_view provisioning_host, std::string_view registration_id,
      std::string_view id_scope, std::string_view symmetric_key,
      const ProvisioningSymmetricKeyOptions& options = {});

  // The same from the device's certificate and its key: see x509.hpp. The common name of the
  // certificate has to be the registration id. Throws std::invalid_argument also if one of them
  // cannot be read or used, they do not belong together, or the certificate is not valid at this
  // time.
  //
  //   auto client = ProvisioningDeviceClient::create_from_x509_certificate(
  //       host, registration_id, id_scope, {.certificate = "device.pem", .key = "device.key"});
  static ProvisioningDeviceClient create_from_x509_certificate(
      std::string_view provisioning_host, std::string_view registration_id,
      std::string_view id_scope, const X509& x509, const ProvisioningX509Options& options = {});

  ProvisioningDeviceClient(ProvisioningDeviceClient&& other) noexcept;
  ProvisioningDeviceClient& operator=(ProvisioningDeviceClient&& other) noexcept;
  // Shuts the client down if it has not ended, within a second. No other thread may be in a call.
  ~ProvisioningDeviceClient();

  // What a custom allocation policy of the service is told of the device, with every registration
  // from now on; null, as it is at first, for nothing. std::invalid_argument if the registration
  // that holds it has more than 98,304 bytes, ClientError if the client has ended.
  //
  //   client.set_provisioning_payload({{"modelId", "dtmi:example:thermostat;1"}});
  void set_provisioning_payload(Json payload);

  // Registers the device: connects, asks, and waits while the service is busy or at it, as long as
  // the service wants between two questions. Returns with where the device belongs, and with the
  // connection closed: the client has ended then, and another call is a ClientError. After an
  // exception it has not, and the call may be made again. (Python: register, which is a keyword
  // here.)
  //
  // Throws
  //   ServiceError            the service refused, failed to assign a hub, said nothing for half a
  //                           minute, or said what cannot be read or lacks a part; the text has
  //                           what it said, and `status()` its status, 0 if none
  //   OperationTimeout        it did not end in time; the service may be at it still
  //   ConnectionFailedError, ConnectionDroppedError, CredentialError
  //                           as for any client: see exceptions.hpp
  //   OperationCancelled      a shutdown came first
  //   ClientError             another registration of this client is under way, or the client has
  //                           ended, or something in it failed
  //   std::invalid_argument   the timeout is negative
  //
  //   const auto result = client.register_device(2min);
  //   if (const auto& state = result.registration_state) {
  //     std::cout << state->assigned_hub.value_or("no hub") << '\n';
  //   }
  RegistrationResult register_device(Timeout timeout = {});

  // Ends the client for good, within a second: a registration on another thread gets
  // OperationCancelled, one that is started later ClientError. Returns at once if it has ended.
  //
  //   client.shutdown();
  void shutdown();

  // For use inside the library and its test kit: a client around what is already there.
  explicit ProvisioningDeviceClient(std::shared_ptr<detail::ProvisioningClientCore> core);

 private:
  detail::ProvisioningClientCore& core() const;

  std::shared_ptr<detail::ProvisioningClientCore> core_;
};

}  // namespace azure::iot::device
