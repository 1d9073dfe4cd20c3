#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "iothub_client.hpp"

namespace azure::iot::device {

// Client of a module of a device, on IoT Edge or beside the device's own client. Routes connect the
// module by its inputs and outputs. See iothub_client.hpp for the other calls, and for how calls
// behave and which exceptions they throw.
//
//   auto client = IoTHubModuleClient::create_from_connection_string(text);
//   client.on_message_received([&](Message message) {
//     if (message.input_name == "readings") client.send_message_to_output(message, "alarms");
//   });
class IoTHubModuleClient final : public IoTHubClient {
 public:
  // Creates a client from the connection string that the portal shows for a module:
  // "HostName=…;DeviceId=…;ModuleId=…;SharedAccessKey=…", with GatewayHostName=… behind a gateway.
  // Does not connect. Throws std::invalid_argument if the text or an option breaks its rule.
  //
  //   auto client = IoTHubModuleClient::create_from_connection_string(text, {.keep_alive = 30s});
  static IoTHubModuleClient create_from_connection_string(
      std::string_view connection_string, const ConnectionStringOptions& options = {});

  // The same from a token that the application created: "SharedAccessSignature sr=…&sig=…&se=…".
  // The token names its device and its module. `on_new_sastoken_required` is called before it
  // expires. Throws std::invalid_argument if it is not a token, has expired, or is that of a
  // device.
  //
  //   auto client = IoTHubModuleClient::create_from_sastoken(token);
  //   client.on_new_sastoken_required([&] { client.update_sastoken(make_token()); });
  static IoTHubModuleClient create_from_sastoken(std::string_view sastoken,
                                                 const SasTokenOptions& options = {});

  // The same from the certificate of a module and its key: see x509.hpp. The hub knows the
  // certificate by its thumbprint, or by the authority that signed it. Also throws
  // std::invalid_argument if one of them cannot be read or used, if they do not belong together, or
  // if the certificate is not valid at this time.
  //
  //   auto client = IoTHubModuleClient::create_from_x509_certificate(
  //       {.certificate = "module.pem", .key = "module.key"}, "hub.azure-devices.net", "device-1",
  //       "module-1");
  static IoTHubModuleClient create_from_x509_certificate(const X509& x509,
                                                         std::string_view hostname,
                                                         std::string_view device_id,
                                                         std::string_view module_id,
                                                         const X509Options& options = {});

  IoTHubModuleClient(IoTHubModuleClient&& other) noexcept = default;
  IoTHubModuleClient& operator=(IoTHubModuleClient&& other) noexcept = default;

  // Sends a message to an output of the module, and returns when the hub has acknowledged it. The
  // limits are those of send_message; the output's name counts as a property.
  //
  //   client.send_message_to_output({.data = "too warm", .message_id = "1"}, "alarms");
  void send_message_to_output(Message message, std::string output_name, Timeout timeout = {});
  // The same for a text, and for JSON, as with send_message.
  //
  //   client.send_message_to_output("too warm", "alarms");
  template <MessageBody Body>
  void send_message_to_output(Body&& body, std::string output_name, Timeout timeout = {}) {
    send_message_to_output(Message::of(std::forward<Body>(body)), std::move(output_name), timeout);
  }
  void send_message_to_output(std::initializer_list<JsonMember> body, std::string output_name,
                              Timeout timeout = {}) {
    send_message_to_output(Message::from_json(body), std::move(output_name), timeout);
  }

  // Sets the handler for messages to any input of the module, and subscribes to them at the hub.
  // The message's `input_name` gives the input. A cloud-to-device message for the device is not
  // among them and is dropped. An empty function clears the handler, and then waits until a running
  // call of it has returned. Messages that arrive without a handler are kept for the next one.
  // Throws ClientError if one of the receive calls has been used.
  //
  //   client.on_message_received([](Message message) {
  //     std::cout << message.input_name.value_or("?") << ": " << message.data << '\n';
  //   });
  void on_message_received(std::function<void(Message)> handler, Timeout timeout = {});

  // Receives the next message to that input. This is the older way, in place of the handler.
  // Returns nothing if no message arrives within `timeout`, or at once if `block` is false. Without
  // a timeout it waits until one arrives. After the first such call, a message to an input that was
  // never asked for is dropped, with a background exception. Throws ClientError if a handler for
  // messages, methods or patches was set before.
  //
  //   if (auto message = client.receive_message_on_input("readings", true, 10s)) use(*message);
  AZURE_IOT_DEVICE_PULL_CALL("set a handler by on_message_received")
  std::optional<Message> receive_message_on_input(std::string input_name, bool block = true,
                                                  Timeout timeout = {});

  // For use inside the library and its test kit: wraps an existing core.
  explicit IoTHubModuleClient(std::shared_ptr<detail::HubClientCore> core);
};

}  // namespace azure::iot::device
