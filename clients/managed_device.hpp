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

// Options of a managed device: its own, and those of its two clients. Their types depend on the
// credential.
template <class ProvisioningOptions, class HubOptions>
struct ManagedDeviceOptions {
  // Options of the client that registers, and of the client of the hub. Both run on the event loop
  // of the latter. Its `retry_first_connection` must be off, since the policy of the device
  // replaces it.
  ProvisioningOptions provisioning = {};
  HubOptions hub = {};
  // Payload for a custom allocation policy of the service; null for none. The registration that
  // holds it has at most 98,304 bytes.
  Json provisioning_payload = {};
  // Number of failed attempts in a row to connect after which the device registers again: 1 or
  // more.
  int failed_connects = 10;
  // Pause after a registration, or a connect in the background, that failed. If the policy gives
  // up, the device pauses for 150 to 300 s and then asks it again. No pause is shorter than 100 ms.
  std::shared_ptr<const RetryPolicy> registration_pauses = {};  // None: ExponentialBackoff.
  // Shortest time from one registration to the next: 1 s to a day. From the third registration in a
  // row on it doubles each time, up to 128 times this value. It is reset once a connection to a hub
  // has lasted for a minute. A registration that did not reach the service does not count. A call
  // of `connect` also waits for this time.
  std::chrono::seconds registration_distance{1};
  // Called with each new client of a hub once it is connected: the place to set handlers. Runs on a
  // pool of threads, where it may block. If it throws, the function below gets the exception.
  std::function<void(IoTHubDeviceClient&)> on_new_client = {};
  // Called with each failure in the background, on a pool of threads. The two functions do not wait
  // for each other.
  std::function<void(const IotError&)> on_background_exception = {};
};
// For create_from_symmetric_key and create_from_x509_certificate.
using ManagedSymmetricKeyOptions =
    ManagedDeviceOptions<ProvisioningSymmetricKeyOptions, SymmetricKeyOptions>;
using ManagedX509Options = ManagedDeviceOptions<ProvisioningX509Options, X509Options>;

// A device that finds its hub by itself, and finds it again after a reassignment: for unattended
// fleets. `connect` registers with the provisioning service, and connects to the hub that the
// service assigns. The hub's client reconnects after a lost connection, as its options specify.
//
// The device registers again if the hub refuses it, if `failed_connects` attempts in a row have
// failed, or if the hub's client gives up. The client gives up if its `retry_policy` does, if
// `connection_retry` is off, or on a permanent error, including one while it renews its token. It
// is then shut down, and the device connects to the hub that is assigned now, which may be the
// same.
//
// This is repeated until it succeeds or `shutdown` is called. The pauses after failures grow, and
// registrations, which are billed, keep their `registration_distance`. So the device always returns
// to a connection, except after the application has ended it.
//
// Attempts are counted in time, not in callers. All calls that fail at one moment of an outage are
// one attempt. An attempt for a call of the application counts only if the pause of the hub's retry
// policy has passed since the last attempt that counted.
//
//   ManagedDevice device = ManagedDevice::create_from_symmetric_key(
//       host, registration_id, id_scope, key,
//       {.on_new_client = [](IoTHubDeviceClient& client) {
//         client.on_message_received([](Message message) { std::cout << message.data << '\n'; });
//       }});
//   device.connect();
//   if (const auto client = device.client()) client->send_message("21.5");
//
// Calls may be made on any thread except that of the event loop. A forked child's copy may only be
// destroyed.
class ManagedDevice final {
 public:
  using Timeout = std::optional<std::chrono::milliseconds>;

  // Creates a device from the arguments of ProvisioningDeviceClient. Does not connect. Throws
  // std::invalid_argument if an argument or option breaks its rule. The exception names an option
  // as it was given, as in "hub.keep_alive".
  //
  //   ManagedDevice device = ManagedDevice::create_from_symmetric_key(host, registration_id,
  //                                                                   id_scope, key);
  static ManagedDevice create_from_symmetric_key(std::string_view provisioning_host,
                                                 std::string_view registration_id,
                                                 std::string_view id_scope,
                                                 std::string_view symmetric_key,
                                                 ManagedSymmetricKeyOptions options = {});

  // The same from the device's certificate and its key. Their files are read again for each client
  // that is created, so that a renewed certificate is used from the next registration, or the next
  // hub, on. They are read on the event loop, where a slow disk delays every client. Once the
  // device has been connected, files that have become unusable are reported to
  // `on_background_exception`, and read again after `registration_pauses`. A certificate given as
  // text, its key and its pass phrase stay in memory while the device lives.
  //
  //   ManagedDevice device = ManagedDevice::create_from_x509_certificate(
  //       host, registration_id, id_scope, {.certificate = "device.pem", .key = "device.key"});
  static ManagedDevice create_from_x509_certificate(std::string_view provisioning_host,
                                                    std::string_view registration_id,
                                                    std::string_view id_scope, const X509& x509,
                                                    ManagedX509Options options = {});

  ManagedDevice(ManagedDevice&& other) noexcept;
  ManagedDevice& operator=(ManagedDevice&& other) noexcept;
  // Shuts the device down if that has not been done. Waits up to a second for running calls of the
  // functions above and of the handlers of its clients, including clients of earlier hubs. It does
  // not wait for a call on this very thread, so a handler may destroy the device.
  ~ManagedDevice();

  // Registers, if that has not been done, and connects; returns once there is a connected client.
  // Throws the exceptions of ProvisioningDeviceClient::register_device and
  // IoTHubDeviceClient::connect. It may then be called again, and registers again only if the hub
  // refused the device or `failed_connects` attempts have failed. Once it has succeeded, the policy
  // above holds, and a call returns when there is a connected client again. If the client's link is
  // lost, or was ended by the application, the call connects it at once, and then after pauses as
  // between registrations. These attempts continue after the call has timed out. Without a timeout
  // the call waits until it succeeds.
  //
  //   device.connect(5min);
  void connect(Timeout timeout = {});

  // Returns the client of the hub that the device belongs to now. Null before `connect`, after
  // `shutdown`, and while the device registers again. The client of an earlier hub has been shut
  // down, and its calls throw ClientError: ask for the present one each time. A client that the
  // application shuts down is replaced by the next `connect`.
  //
  //   if (const auto client = device.client()) client->send_message("21.5");
  std::shared_ptr<IoTHubDeviceClient> client() const;

  // Ends the device for good, within a second, and waits for functions and handlers as the
  // destructor does.
  //
  //   device.shutdown();
  void shutdown();

  // For use inside the library and its test kit: wraps an existing core.
  explicit ManagedDevice(std::shared_ptr<detail::ManagedDeviceCore> core);

 private:
  std::shared_ptr<detail::ManagedDeviceCore> core_;
};

}  // namespace azure::iot::device
