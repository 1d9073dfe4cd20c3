#include "clients/iothub_module_client.hpp"

#include <utility>

#include "clients/detail/blocking.hpp"
#include "clients/detail/hub_client_core.hpp"
#include "pipeline/log.hpp"
#include "transport/mqtt/mosquitto_transport.hpp"

namespace azure::iot::device {
namespace {

using detail::Completion;
using detail::wait_for;

IoTHubModuleClient make_client(detail::HubClientConfig config) {
  // As in Python it works as far as the hub allows.
  if (config.hub.module_id.empty()) {
    log_for(config.hub.device_id, LogLevel::warning, "Client",
            "a module client was made for a device: use IoTHubDeviceClient");
  }
  return IoTHubModuleClient(detail::HubClientCore::create(
      std::move(config), make_mosquitto_transport_factory(), HandlerPool::shared()));
}

}  // namespace

IoTHubModuleClient IoTHubModuleClient::create_from_connection_string(
    std::string_view connection_string, const ConnectionStringOptions& options) {
  return make_client(detail::config_from_connection_string(connection_string, options));
}

IoTHubModuleClient IoTHubModuleClient::create_from_sastoken(std::string_view sastoken,
                                                            const SasTokenOptions& options) {
  return make_client(detail::config_from_sastoken(sastoken, detail::TokenOwner::module, options));
}

IoTHubModuleClient IoTHubModuleClient::create_from_x509_certificate(const X509& x509,
                                                                    std::string_view hostname,
                                                                    std::string_view device_id,
                                                                    std::string_view module_id,
                                                                    const X509Options& options) {
  return make_client(
      detail::config_from_x509_certificate(x509, hostname, device_id, module_id, options));
}

IoTHubModuleClient::IoTHubModuleClient(std::shared_ptr<detail::HubClientCore> core)
    : IoTHubClient(std::move(core)) {
  this->core().receive(detail::ReceivedMessages::to_inputs);
}

void IoTHubModuleClient::send_message_to_output(Message message, std::string output_name,
                                                Timeout timeout) {
  wait_for<void>(core(), [&](Completion<void> done) {
    core().start_send_message_to_output(std::move(message), std::move(output_name), timeout,
                                        std::move(done));
  });
}

void IoTHubModuleClient::on_message_received(std::function<void(Message)> handler,
                                             Timeout timeout) {
  wait_for<void>(core(), [&](Completion<void> done) {
    core().start_on_input_message_received(std::move(handler), timeout, std::move(done));
  });
}

std::optional<Message> IoTHubModuleClient::receive_message_on_input(std::string input_name,
                                                                    bool block, Timeout timeout) {
  return wait_for<std::optional<Message>>(core(), [&](Completion<std::optional<Message>> done) {
    core().start_receive_message_on_input(std::move(input_name), block, timeout, std::move(done));
  });
}

}  // namespace azure::iot::device
