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

// A module of a device, on IoT Edge or beside the device's own client. Its inputs and outputs are
// what routes connect it by; what else it can do, how its calls behave and what they throw is said
// in iothub_client.hpp.
//
//   auto client = IoTHubModuleClient::create_from_connection_string(text);
//   client.on_message_received([&](Message message) {
//     if (message.input_name == "readings") client.send_message_to_output(message, "alarms");
//   });
class IoTHubModuleClient final : public IoTHubClient {
 public:
  // Makes a client from what the portal shows for a module:
  // "HostName=…;DeviceId=…;ModuleId=…;SharedAccessKey=…", with GatewayHostName=… behind a gateway.
  // Connects to nothing. Throws std::invalid_argument if the text or an option breaks its rule.
  //
  //   auto client = IoTHubModuleClient::create_from_connection_string(text, {.keep_alive = 30s});
  static IoTHubModuleClient create_from_connection_string(
      std::string_view connection_string, const ConnectionStringOptions& options = {});

  // The same from a token that the application made: "SharedAccessSignature sr=…&sig=…&se=…". It
  // says for which module of which device it is. Before it expires `on_new_sastoken_required` is
  // told. Throws std::invalid_argument if it is no token, has expired, or is that of a device.
  //
  //   auto client = IoTHubModuleClient::create_from_sastoken(token);
  //   client.on_new_sastoken_required([&] { client.update_sastoken(make_token()); });
  static IoTHubModuleClient create_from_sastoken(std::string_view sastoken,
                                                 const SasTokenOptions& options = {});

  // The same from the certificate of a module and its key: see x509.hpp. The hub knows it by its
  // thumbprint, or by the authority that signed it. Throws std::invalid_argument also if one of
  // them cannot be read or used, they do not belong together, or the certificate is not valid at
  // this time.
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

  // Sends a message to an output of the module, and returns when the hub has it. The limits are
  // those of send_message; the output's name counts as a property.
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

  // Sets the handler for messages to any input of the module, and has the hub send them; the
  // message's `input_name` says to which. A message of the device's, from the cloud, is none of
  // them and is dropped. An empty function clears it, and then waits until a call of the old one
  // has ended. Messages that come while there is no handler are kept for the next one. ClientError
  // if one of the receive calls has been used.
  //
  //   client.on_message_received([](Message message) {
  //     std::cout << message.input_name.value_or("?") << ": " << message.data << '\n';
  //   });
  void on_message_received(std::function<void(Message)> handler, Timeout timeout = {});

  // The next message to that input: the older way, in place of the handler. Returns nothing if none
  // came within `timeout`, or at once where `block` is false; without a timeout waits until one
  // comes. Once this was called, a message to an input that was never asked for is dropped, with a
  // background exception. ClientError if a handler for messages, methods or patches was set before.
  //
  //   if (auto message = client.receive_message_on_input("readings", true, 10s)) use(*message);
  AZURE_IOT_DEVICE_PULL_CALL("set a handler by on_message_received")
  std::optional<Message> receive_message_on_input(std::string input_name, bool block = true,
                                                  Timeout timeout = {});

  // For use inside the library and its test kit: a client around what is already there.
  explicit IoTHubModuleClient(std::shared_ptr<detail::HubClientCore> core);
};

}  // namespace azure::iot::device
