#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "iothub_client.hpp"

namespace azure::iot::device {

// Client of a device that talks to IoT Hub over MQTT. See iothub_client.hpp for the calls other
// than receiving messages, and for how calls behave and which exceptions they throw.
//
//   auto client = IoTHubDeviceClient::create_from_connection_string(text);
//   client.on_message_received([](Message message) { std::cout << message.data << '\n'; });
//   client.send_message("21.5");
//   client.shutdown();
class IoTHubDeviceClient final : public IoTHubClient {
 public:
  // Creates a client from the connection string that the portal shows for a device:
  // "HostName=…;DeviceId=…;SharedAccessKey=…". Does not connect. Throws std::invalid_argument if
  // the text or an option breaks its rule.
  //
  //   auto client = IoTHubDeviceClient::create_from_connection_string(text, {.keep_alive = 30s});
  static IoTHubDeviceClient create_from_connection_string(
      std::string_view connection_string, const ConnectionStringOptions& options = {});

  // The same from the parts: the device's key in base64, the hub's name and the device's id. An
  // empty key is accepted as in Python, with a warning in the log.
  //
  //   auto client = IoTHubDeviceClient::create_from_symmetric_key(key, "hub.azure-devices.net",
  //                                                               "thermostat-1");
  static IoTHubDeviceClient create_from_symmetric_key(std::string_view symmetric_key,
                                                      std::string_view hostname,
                                                      std::string_view device_id,
                                                      const SymmetricKeyOptions& options = {});

  // The same from a token that the application created: "SharedAccessSignature sr=…&sig=…&se=…".
  // The token names its hub and its device. `on_new_sastoken_required` is called before it expires.
  // Throws std::invalid_argument if it is not a token, has expired, or is that of a module.
  //
  //   auto client = IoTHubDeviceClient::create_from_sastoken(token);
  //   client.on_new_sastoken_required([&] { client.update_sastoken(make_token()); });
  static IoTHubDeviceClient create_from_sastoken(std::string_view sastoken,
                                                 const SasTokenOptions& options = {});

  // The same from the device's certificate and its key: see x509.hpp. The hub knows the certificate
  // by its thumbprint, or by the authority that signed it. Also throws std::invalid_argument if one
  // of them cannot be read or used, if they do not belong together, or if the certificate is not
  // valid at this time.
  //
  //   auto client = IoTHubDeviceClient::create_from_x509_certificate(
  //       {.certificate = "device.pem", .key = "device.key"}, "hub.azure-devices.net", "device-1");
  static IoTHubDeviceClient create_from_x509_certificate(const X509& x509,
                                                         std::string_view hostname,
                                                         std::string_view device_id,
                                                         const X509Options& options = {});

  IoTHubDeviceClient(IoTHubDeviceClient&& other) noexcept = default;
  IoTHubDeviceClient& operator=(IoTHubDeviceClient&& other) noexcept = default;

  // Sets the handler for messages from the cloud, and subscribes to them at the hub. An empty
  // function clears the handler, and then waits until a running call of it has returned. Messages
  // that arrive without a handler are kept for the next one. Throws ClientError if one of the
  // receive calls has been used.
  //
  //   client.on_message_received([](Message message) { std::cout << message.data << '\n'; });
  void on_message_received(std::function<void(Message)> handler, Timeout timeout = {});

  // Receives the next message from the cloud. This is the older way, in place of the handler.
  // Returns nothing if no message arrives within `timeout`, or at once if `block` is false. Without
  // a timeout it waits until one arrives. Throws ClientError if a handler for messages, methods or
  // patches was set before.
  //
  //   while (auto message = client.receive_message(true, 10s)) std::cout << message->data << '\n';
  AZURE_IOT_DEVICE_PULL_CALL("set a handler by on_message_received")
  std::optional<Message> receive_message(bool block = true, Timeout timeout = {});

  // For use inside the library and its test kit: wraps an existing core.
  explicit IoTHubDeviceClient(std::shared_ptr<detail::HubClientCore> core);
};

}  // namespace azure::iot::device
