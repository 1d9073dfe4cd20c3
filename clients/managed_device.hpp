#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "../pipeline/json/json.hpp"
#include "../pipeline/retry_policy.hpp"
#include "client_options.hpp"
#include "exceptions.hpp"
#include "iothub_device_client.hpp"
#include "provisioning_client_options.hpp"

namespace azure::iot::device {

namespace detail {
class ManagedDeviceCore;
}

// How a managed device works: the options of its two clients, which go by its credential, and its
// own.
template <class ProvisioningOptions, class HubOptions>
struct ManagedDeviceOptions {
  // Of the client that registers, and of the one that talks to the hub. The latter's event loop is
  // that of both.
  ProvisioningOptions provisioning = {};
  HubOptions hub = {};
  // What a custom allocation policy of the service is told; null for nothing. The registration that
  // holds it has at most 98,304 bytes.
  Json provisioning_payload = {};
  // After so many attempts in a row to connect have failed, the device registers again: 1 or more.
  int failed_connects = 10;
  // How long to wait after a registration or connect in the background that failed. A policy that
  // gives up is asked again, and waits its longest.
  std::shared_ptr<const RetryPolicy> registration_pauses = {};  // None: ExponentialBackoff.
  // Called with each new client of a hub once it is connected, on a pool of threads, where it may
  // block: the place to set handlers. What it throws is told to the function below.
  std::function<void(IoTHubDeviceClient&)> on_new_client = {};
  // Told of what failed in the background, on a pool of threads.
  std::function<void(const IotError&)> on_background_exception = {};
};
// For create_from_symmetric_key and create_from_x509_certificate.
using ManagedSymmetricKeyOptions =
    ManagedDeviceOptions<ProvisioningSymmetricKeyOptions, SymmetricKeyOptions>;
using ManagedX509Options = ManagedDeviceOptions<ProvisioningX509Options, X509Options>;

// A device that finds its hub by itself, and finds it again when it was moved: for fleets whose
// devices nobody visits. What it does, and no more:
// - `connect` registers with the provisioning service, and connects to the hub that it names.
// - A connection that is lost is made again, as the options of the hub's client say.
// - When `failed_connects` attempts in a row have failed, or that client gives up, as on what will
//   not get better by itself, or where its `retry_policy` says so, or the hub has refused the
//   device, since it does not know it any more, the client of the hub is shut down, the device
//   registers again, at the pace that the service asks for, and connects to the hub that it is
//   given to now, which may be the same. This goes on until it has succeeded, with pauses that
//   grow, or `shutdown`.
//
//   ManagedDevice device = ManagedDevice::create_from_symmetric_key(
//       host, registration_id, id_scope, key,
//       {.on_new_client = [](IoTHubDeviceClient& client) {
//         client.on_message_received([](Message message) { std::cout << message.data << '\n'; });
//       }});
//   device.connect();
//   device.client()->send_message("21.5");
//
// Calls may be made on any thread, but not on that of the event loop. A forked child's copy is only
// good for being destroyed.
class ManagedDevice final {
 public:
  using Timeout = std::optional<std::chrono::milliseconds>;

  // Makes a device from what ProvisioningDeviceClient is made of. Connects to nothing. Throws
  // std::invalid_argument if an argument or option breaks its rule; an option is named as it was
  // given, as in "hub.keep_alive".
  //
  //   ManagedDevice device = ManagedDevice::create_from_symmetric_key(host, registration_id,
  //                                                                   id_scope, key);
  static ManagedDevice create_from_symmetric_key(std::string_view provisioning_host,
                                                 std::string_view registration_id,
                                                 std::string_view id_scope,
                                                 std::string_view symmetric_key,
                                                 ManagedSymmetricKeyOptions options = {});

  // The same from the device's certificate and its key. Files of theirs are read again for each
  // client that is made, so that a renewed certificate is taken up with the next registration, or
  // the next hub. They are read on the event loop, where a slow disk holds up every client. Once
  // the device has been connected, files that cannot be used any more are told to
  // `on_background_exception`, and looked for again after `registration_pauses`. A certificate
  // given as text, its key and its pass phrase stay in memory while the device lives.
  //
  //   ManagedDevice device = ManagedDevice::create_from_x509_certificate(
  //       host, registration_id, id_scope, {.certificate = "device.pem", .key = "device.key"});
  static ManagedDevice create_from_x509_certificate(std::string_view provisioning_host,
                                                    std::string_view registration_id,
                                                    std::string_view id_scope, const X509& x509,
                                                    ManagedX509Options options = {});

  ManagedDevice(ManagedDevice&& other) noexcept;
  ManagedDevice& operator=(ManagedDevice&& other) noexcept;
  // Shuts it down if that has not been done, within a second.
  ~ManagedDevice();

  // Registers, if that has not been done, and connects; returns once there is a client. Throws what
  // ProvisioningDeviceClient::register_device and IoTHubDeviceClient::connect throw; then it may be
  // called again, and does not register anew unless the hub refused the device or
  // `failed_connects` attempts have failed. Once it has succeeded the policy above holds, and a
  // call returns when there is a connected client again. One whose link is lost, or was ended by
  // the application, is connected at once, and after pauses as between registrations, also when the
  // call has timed out. Without a timeout it waits as long as that takes.
  //
  //   device.connect(5min);
  void connect(Timeout timeout = {});

  // The client of the hub that the device belongs to now. Null before `connect`, after `shutdown`,
  // and while the device registers again. One that was left behind has been shut down, and says so:
  // ask for the present one each time. One that the application shuts down is replaced by the next
  // `connect`.
  //
  //   if (const auto client = device.client()) client->send_message("21.5");
  std::shared_ptr<IoTHubDeviceClient> client() const;

  // Ends it for good, within a second.
  //
  //   device.shutdown();
  void shutdown();

  // For use inside the library and its test kit: a device around what is already there.
  explicit ManagedDevice(std::shared_ptr<detail::ManagedDeviceCore> core);

 private:
  std::shared_ptr<detail::ManagedDeviceCore> core_;
};

}  // namespace azure::iot::device
