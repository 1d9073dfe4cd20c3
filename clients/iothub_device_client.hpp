#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "iothub_client.hpp"

namespace azure::iot::device {

// A device that talks to IoT Hub over MQTT. What it can do besides receiving messages, how its
// calls behave and what they throw is said in iothub_client.hpp.
//
//   auto client = IoTHubDeviceClient::create_from_connection_string(text);
//   client.on_message_received([](Message message) { std::cout << message.data << '\n'; });
//   client.send_message("21.5");
//   client.shutdown();
class IoTHubDeviceClient final : public IoTHubClient {
 public:
  // Makes a client from what the portal shows for a device:
  // "HostName=…;DeviceId=…;SharedAccessKey=…". Connects to nothing. Throws std::invalid_argument if
  // the text or an option breaks its rule.
  //
  //   auto client = IoTHubDeviceClient::create_from_connection_string(text, {.keep_alive = 30s});
  static IoTHubDeviceClient create_from_connection_string(
      std::string_view connection_string, const ConnectionStringOptions& options = {});

  // The same from the parts: the device's key in base64, the hub's name and the device's id. An
  // empty key is taken as in Python, and warned of in the log.
  //
  //   auto client = IoTHubDeviceClient::create_from_symmetric_key(key, "hub.azure-devices.net",
  //                                                               "thermostat-1");
  static IoTHubDeviceClient create_from_symmetric_key(std::string_view symmetric_key,
                                                      std::string_view hostname,
                                                      std::string_view device_id,
                                                      const SymmetricKeyOptions& options = {});

  // The same from a token that the application made: "SharedAccessSignature sr=…&sig=…&se=…". It
  // says for which device of which hub it is. Before it expires `on_new_sastoken_required` is told.
  // Throws std::invalid_argument if it is no token, has expired, or is that of a module.
  //
  //   auto client = IoTHubDeviceClient::create_from_sastoken(token);
  //   client.on_new_sastoken_required([&] { client.update_sastoken(make_token()); });
  static IoTHubDeviceClient create_from_sastoken(std::string_view sastoken,
                                                 const SasTokenOptions& options = {});

  // The same from the device's certificate and its key: see x509.hpp. The hub knows it by its
  // thumbprint, or by the authority that signed it. Throws std::invalid_argument also if one of
  // them cannot be read or used, they do not belong together, or the certificate is not valid at
  // this time.
  //
  //   auto client = IoTHubDeviceClient::create_from_x509_certificate(
  //       {.certificate = "device.pem", .key = "device.key"}, "hub.azure-devices.net", "device-1");
  static IoTHubDeviceClient create_from_x509_certificate(const X509& x509,
                                                         std::string_view hostname,
                                                         std::string_view device_id,
                                                         const X509Options& options = {});

  IoTHubDeviceClient(IoTHubDeviceClient&& other) noexcept = default;
  IoTHubDeviceClient& operator=(IoTHubDeviceClient&& other) noexcept = default;

  // Sets the handler for messages from the cloud, and has the hub send them. An empty function
  // clears it, and then waits until a call of the old one has ended. What comes while there is no
  // handler is kept for the next one. ClientError if one of the receive calls has been used.
  //
  //   client.on_message_received([](Message message) { std::cout << message.data << '\n'; });
  void on_message_received(std::function<void(Message)> handler, Timeout timeout = {});

  // The next message from the cloud: the older way, in place of the handler. Returns nothing if
  // none came within `timeout`, or at once where `block` is false; without a timeout waits until
  // one comes. ClientError if a handler for messages, methods or patches was set before.
  //
  //   while (auto message = client.receive_message(true, 10s)) std::cout << message->data << '\n';
  AZURE_IOT_DEVICE_PULL_CALL("set a handler by on_message_received")
  std::optional<Message> receive_message(bool block = true, Timeout timeout = {});

  // For use inside the library and its test kit: a client around what is already there.
  explicit IoTHubDeviceClient(std::shared_ptr<detail::HubClientCore> core);
};

}  // namespace azure::iot::device
