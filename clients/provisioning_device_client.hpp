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

// Client that asks the Device Provisioning Service, over MQTT, for the hub of a device. A client
// registers once, and ends when it has succeeded.
//
//   auto provisioning = ProvisioningDeviceClient::create_from_symmetric_key(
//       "global.azure-devices-provisioning.net", registration_id, id_scope, key);
//   const RegistrationResult result = provisioning.register_device();
//   auto device = create_device_client(result, key);   // provisioned_device.hpp
//
// With an enrollment group, `derive_device_key` from enrollment_group.hpp derives the device's own
// key from the group's key.
//
// Calls block until they complete. They may be made on any thread except that of the client's event
// loop, which would wait for itself. A forked child's copy of a client sends nothing and may be
// destroyed; its calls throw ClientError.
class ProvisioningDeviceClient final {
 public:
  // Timeout of one call: empty for the option `operation_timeout`, 0 for no limit.
  using Timeout = std::optional<std::chrono::milliseconds>;

  // Creates a client from the service's name ("global.azure-devices-provisioning.net"), the id
  // under which the device is enrolled, the id scope as the portal shows it, and the device's key
  // in base64. Does not connect. Throws std::invalid_argument if an argument or option breaks its
  // rule. The service's name must not be empty, nor the registration id blank. An empty scope or
  // key is accepted as in Python, with a warning in the log.
  //
  //   auto client = ProvisioningDeviceClient::create_from_symmetric_key(host, registration_id,
  //                                                                     id_scope, key);
  static ProvisioningDeviceClient create_from_symmetric_key(
      std::string_view provisioning_host, std::string_view registration_id,
      std::string_view id_scope, std::string_view symmetric_key,
      const ProvisioningSymmetricKeyOptions& options = {});

  // The same from the device's certificate and its key: see x509.hpp. The common name of the
  // certificate must be the registration id. Also throws std::invalid_argument if one of them
  // cannot be read or used, if they do not belong together, or if the certificate is not valid at
  // this time.
  //
  //   auto client = ProvisioningDeviceClient::create_from_x509_certificate(
  //       host, registration_id, id_scope, {.certificate = "device.pem", .key = "device.key"});
  static ProvisioningDeviceClient create_from_x509_certificate(
      std::string_view provisioning_host, std::string_view registration_id,
      std::string_view id_scope, const X509& x509, const ProvisioningX509Options& options = {});

  ProvisioningDeviceClient(ProvisioningDeviceClient&& other) noexcept;
  ProvisioningDeviceClient& operator=(ProvisioningDeviceClient&& other) noexcept;
  // Shuts the client down, within a second, if it has not ended. No other thread may be in a call.
  ~ProvisioningDeviceClient();

  // Sets the payload for a custom allocation policy of the service, which goes with every
  // registration from now on. Null, the default, sends none. Throws std::invalid_argument if the
  // registration that holds it has more than 98,304 bytes. Throws ClientError if the client has
  // ended.
  //
  //   client.set_provisioning_payload({{"modelId", "dtmi:example:thermostat;1"}});
  void set_provisioning_payload(Json payload);

  // Registers the device: connects, sends the registration, and asks for its result at the
  // intervals that the service sets, while the service is busy or still working. Returns the
  // assignment after it has closed the connection. The client has ended then, and another call is a
  // ClientError. After an exception the client has not ended, and the call may be repeated.
  // (Python: register, which is a keyword here.)
  //
  // Throws
  //   ServiceError            the service refused, failed to assign a hub, was silent for half a
  //                           minute, or sent an answer that is unreadable or lacks a part; the
  //                           text quotes the answer, and `status()` is its status, 0 if none
  //   OperationTimeout        it did not complete in time; the service may still work on it
  //   ConnectionFailedError, ConnectionDroppedError, CredentialError
  //                           as for any client: see exceptions.hpp
  //   OperationCancelled      a shutdown came first
  //   ClientError             another registration of this client is under way, the client has
  //                           ended, or something in it failed
  //   std::invalid_argument   the timeout is negative
  //
  //   const auto result = client.register_device(2min);
  //   if (const auto& state = result.registration_state) {
  //     std::cout << state->assigned_hub.value_or("no hub") << '\n';
  //   }
  RegistrationResult register_device(Timeout timeout = {});

  // Ends the client for good, within a second. A registration on another thread gets
  // OperationCancelled, and a later one ClientError. Returns at once if the client has ended.
  //
  //   client.shutdown();
  void shutdown();

  // For use inside the library and its test kit: wraps an existing core.
  explicit ProvisioningDeviceClient(std::shared_ptr<detail::ProvisioningClientCore> core);

 private:
  detail::ProvisioningClientCore& core() const;

  std::shared_ptr<detail::ProvisioningClientCore> core_;
};

}  // namespace azure::iot::device
