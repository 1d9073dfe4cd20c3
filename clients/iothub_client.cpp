#include "clients/iothub_client.hpp"

#include <utility>

#include "clients/detail/blocking.hpp"
#include "clients/detail/hub_client_core.hpp"

namespace azure::iot::device {

using detail::Completion;
using detail::wait_for;

IoTHubClient::IoTHubClient(std::shared_ptr<detail::HubClientCore> core) : core_(std::move(core)) {}

IoTHubClient::IoTHubClient(IoTHubClient&& other) noexcept = default;

IoTHubClient& IoTHubClient::operator=(IoTHubClient&& other) noexcept {
  if (this != &other) {
    detail::end_client(core_);
    core_ = std::move(other.core_);
  }
  return *this;
}

IoTHubClient::~IoTHubClient() { detail::end_client(core_); }

void IoTHubClient::connect(Timeout timeout) {
  wait_for<void>(core(),
                 [&](Completion<void> done) { core().start_connect(timeout, std::move(done)); });
}

void IoTHubClient::disconnect(Timeout timeout) {
  wait_for<void>(core(),
                 [&](Completion<void> done) { core().start_disconnect(timeout, std::move(done)); });
}

void IoTHubClient::shutdown() {
  wait_for<void>(core(), [&](Completion<void> done) { core().start_shutdown(std::move(done)); });
}

bool IoTHubClient::connected() const noexcept {
  return core_ && !core_->inherited_by_fork() && core_->connected();
}

void IoTHubClient::send_message(Message message, Timeout timeout) {
  wait_for<void>(core(), [&](Completion<void> done) {
    core().start_send_message(std::move(message), timeout, std::move(done));
  });
}

void IoTHubClient::send_method_response(MethodResponse response, Timeout timeout) {
  wait_for<void>(core(), [&](Completion<void> done) {
    core().start_send_method_response(std::move(response), timeout, std::move(done));
  });
}

Json IoTHubClient::get_twin(Timeout timeout) {
  return wait_for<Json>(
      core(), [&](Completion<Json> done) { core().start_get_twin(timeout, std::move(done)); });
}

void IoTHubClient::patch_twin_reported_properties(Json patch, Timeout timeout) {
  wait_for<void>(core(), [&](Completion<void> done) {
    core().start_patch_twin_reported_properties(std::move(patch), timeout, std::move(done));
  });
}

void IoTHubClient::on_method_request_received(std::function<void(MethodRequest)> handler,
                                              Timeout timeout) {
  wait_for<void>(core(), [&](Completion<void> done) {
    core().start_on_method_request_received(std::move(handler), timeout, std::move(done));
  });
}

void IoTHubClient::on_twin_desired_properties_patch_received(std::function<void(Json)> handler,
                                                             Timeout timeout) {
  wait_for<void>(core(), [&](Completion<void> done) {
    core().start_on_twin_desired_properties_patch_received(std::move(handler), timeout,
                                                           std::move(done));
  });
}

std::optional<MethodRequest> IoTHubClient::receive_method_request(
    std::optional<std::string> method_name, bool block, Timeout timeout) {
  return wait_for<std::optional<MethodRequest>>(
      core(), [&](Completion<std::optional<MethodRequest>> done) {
        core().start_receive_method_request(std::move(method_name), block, timeout,
                                            std::move(done));
      });
}

std::optional<Json> IoTHubClient::receive_twin_desired_properties_patch(bool block,
                                                                        Timeout timeout) {
  return wait_for<std::optional<Json>>(core(), [&](Completion<std::optional<Json>> done) {
    core().start_receive_twin_desired_properties_patch(block, timeout, std::move(done));
  });
}

void IoTHubClient::update_sastoken(std::string_view sastoken, Timeout timeout) {
  wait_for<void>(core(), [&](Completion<void> done) {
    core().start_update_sastoken(sastoken, timeout, std::move(done));
  });
}

void IoTHubClient::on_connection_state_change(std::function<void(ConnectionStateChange)> handler) {
  core().on_connection_state_change(std::move(handler));
}

void IoTHubClient::on_new_sastoken_required(std::function<void()> handler) {
  core().on_new_sastoken_required(std::move(handler));
}

void IoTHubClient::on_background_exception(std::function<void(const IotError&)> handler) {
  core().on_background_exception(std::move(handler));
}

detail::HubClientCore& IoTHubClient::core() const { return detail::usable(core_); }

}  // namespace azure::iot::device
