#include "clients/iothub_device_client.hpp"

#include <stdexcept>
#include <utility>

#include "clients/detail/blocking.hpp"
#include "clients/detail/hub_client_core.hpp"
#include "transport/mqtt/mosquitto_transport.hpp"

namespace azure::iot::device {
namespace {

using detail::Completion;
using detail::wait_for;

IoTHubDeviceClient make_client(detail::HubClientConfig config) {
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

IoTHubDeviceClient::IoTHubDeviceClient(std::shared_ptr<detail::HubClientCore> core)
    : core_(std::move(core)) {}

IoTHubDeviceClient::IoTHubDeviceClient(IoTHubDeviceClient&& other) noexcept = default;

IoTHubDeviceClient& IoTHubDeviceClient::operator=(IoTHubDeviceClient&& other) noexcept {
  if (this != &other) {
    detail::end_client(core_);
    core_ = std::move(other.core_);
  }
  return *this;
}

IoTHubDeviceClient::~IoTHubDeviceClient() { detail::end_client(core_); }

void IoTHubDeviceClient::connect(Timeout timeout) {
  wait_for<void>(core(),
                 [&](Completion<void> done) { core().start_connect(timeout, std::move(done)); });
}

void IoTHubDeviceClient::disconnect(Timeout timeout) {
  wait_for<void>(core(),
                 [&](Completion<void> done) { core().start_disconnect(timeout, std::move(done)); });
}

void IoTHubDeviceClient::shutdown() {
  wait_for<void>(core(), [&](Completion<void> done) { core().start_shutdown(std::move(done)); });
}

bool IoTHubDeviceClient::connected() const noexcept {
  return core_ && !core_->inherited_by_fork() && core_->connected();
}

void IoTHubDeviceClient::send_message(Message message, Timeout timeout) {
  wait_for<void>(core(), [&](Completion<void> done) {
    core().start_send_message(std::move(message), timeout, std::move(done));
  });
}

void IoTHubDeviceClient::send_message(std::string text, Timeout timeout) {
  send_message(Message{.data = std::move(text)}, timeout);
}

void IoTHubDeviceClient::send_method_response(MethodResponse response, Timeout timeout) {
  wait_for<void>(core(), [&](Completion<void> done) {
    core().start_send_method_response(std::move(response), timeout, std::move(done));
  });
}

Json IoTHubDeviceClient::get_twin(Timeout timeout) {
  return wait_for<Json>(
      core(), [&](Completion<Json> done) { core().start_get_twin(timeout, std::move(done)); });
}

void IoTHubDeviceClient::patch_twin_reported_properties(Json patch, Timeout timeout) {
  wait_for<void>(core(), [&](Completion<void> done) {
    core().start_patch_twin_reported_properties(std::move(patch), timeout, std::move(done));
  });
}

void IoTHubDeviceClient::on_message_received(std::function<void(Message)> handler,
                                             Timeout timeout) {
  wait_for<void>(core(), [&](Completion<void> done) {
    core().start_on_message_received(std::move(handler), timeout, std::move(done));
  });
}

void IoTHubDeviceClient::on_method_request_received(std::function<void(MethodRequest)> handler,
                                                    Timeout timeout) {
  wait_for<void>(core(), [&](Completion<void> done) {
    core().start_on_method_request_received(std::move(handler), timeout, std::move(done));
  });
}

void IoTHubDeviceClient::on_twin_desired_properties_patch_received(
    std::function<void(Json)> handler, Timeout timeout) {
  wait_for<void>(core(), [&](Completion<void> done) {
    core().start_on_twin_desired_properties_patch_received(std::move(handler), timeout,
                                                           std::move(done));
  });
}

void IoTHubDeviceClient::on_connection_state_change(
    std::function<void(ConnectionStateChange)> handler) {
  core().on_connection_state_change(std::move(handler));
}

void IoTHubDeviceClient::on_background_exception(std::function<void(const IotError&)> handler) {
  core().on_background_exception(std::move(handler));
}

detail::HubClientCore& IoTHubDeviceClient::core() const {
  if (!core_) throw std::logic_error("IoTHubDeviceClient: this client was moved from");
  if (!core_->inherited_by_fork()) return *core_;
  detail::throw_error(Error(Errc::operation_error,
                            "this client was made before the process forked, and belongs to the "
                            "parent; make another one in the child"));
}

}  // namespace azure::iot::device
