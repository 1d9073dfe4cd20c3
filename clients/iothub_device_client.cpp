#include "clients/iothub_device_client.hpp"

#include <utility>

#include "clients/detail/blocking.hpp"
#include "clients/detail/hub_client_core.hpp"
#include "pipeline/log.hpp"
#include "pipeline/text/quoted.hpp"
#include "transport/mqtt/mosquitto_transport.hpp"

namespace azure::iot::device {
namespace {

using detail::Completion;
using detail::wait_for;

IoTHubDeviceClient make_client(detail::HubClientConfig config) {
  // As in Python it works, but it receives the messages for the device.
  if (!config.hub.module_id.empty()) {
    log_for(config.hub.device_id, LogLevel::warning, "Client",
            "a device client was made for the module ", quoted(config.hub.module_id),
            ": use IoTHubModuleClient");
  }
  return IoTHubDeviceClient(detail::HubClientCore::create(
      std::move(config), make_mosquitto_transport_factory(), HandlerPool::shared()));
}

}  // namespace

IoTHubDeviceClient IoTHubDeviceClient::create_from_connection_string(
    std::string_view connection_string, const ConnectionStringOptions& options) {
  return make_client(detail::config_from_connection_string(connection_string, options));
}

IoTHubDeviceClient IoTHubDeviceClient::create_from_symmetric_key(
    std::string_view symmetric_key, std::string_view hostname, std::string_view device_id,
    const SymmetricKeyOptions& options) {
  return make_client(
      detail::config_from_symmetric_key(symmetric_key, hostname, device_id, options));
}

IoTHubDeviceClient IoTHubDeviceClient::create_from_sastoken(std::string_view sastoken,
                                                            const SasTokenOptions& options) {
  return make_client(detail::config_from_sastoken(sastoken, detail::TokenOwner::device, options));
}

IoTHubDeviceClient IoTHubDeviceClient::create_from_x509_certificate(const X509& x509,
                                                                    std::string_view hostname,
                                                                    std::string_view device_id,
                                                                    const X509Options& options) {
  return make_client(detail::config_from_x509_certificate(x509, hostname, device_id, {}, options));
}

IoTHubDeviceClient::IoTHubDeviceClient(std::shared_ptr<detail::HubClientCore> core)
    : IoTHubClient(std::move(core)) {
  this->core().receive(detail::ReceivedMessages::from_cloud);
}

void IoTHubDeviceClient::on_message_received(std::function<void(Message)> handler,
                                             Timeout timeout) {
  wait_for<void>(core(), [&](Completion<void> done) {
    core().start_on_message_received(std::move(handler), timeout, std::move(done));
  });
}

std::optional<Message> IoTHubDeviceClient::receive_message(bool block, Timeout timeout) {
  return wait_for<std::optional<Message>>(core(), [&](Completion<std::optional<Message>> done) {
    core().start_receive_message(block, timeout, std::move(done));
  });
}

}  // namespace azure::iot::device
