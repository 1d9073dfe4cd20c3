#include <stdexcept>
#include <string>
#include <utility>

#include "clients/detail/hub_client_core.hpp"
#include "clients/detail/own_sastoken.hpp"
#include "clients/detail/text_checks.hpp"
#include "iothub/limits.hpp"
#include "pipeline/operations.hpp"

namespace azure::iot::device::detail {
namespace {

void refuse_argument(const Error& error) {
  if (error) throw std::invalid_argument(error.detail());
}

}  // namespace

template <class Op>
void HubClientCore::submit(Owned<Op> op, Timeout timeout, Completion<void> done) {
  const SteadyTime deadline = deadline_of(timeout);
  if (refuse(done)) return;
  op->then([done = std::move(done)](OpPtr, Error error) mutable { done(std::move(error)); });
  submit(std::move(op), deadline);
}

void HubClientCore::start_connect(Timeout timeout, Completion<void> done) {
  submit(make_op<ConnectOperation>(), timeout, std::move(done));
}

void HubClientCore::start_disconnect(Timeout timeout, Completion<void> done) {
  submit(make_op<DisconnectOperation>(), timeout, std::move(done));
}

template <class Op>
void HubClientCore::send(Message message, Timeout timeout, Completion<void> done) {
  refuse_argument(iothub_limits::check_message(message, telemetry_topic_size_));
  submit(make_op<Op>(std::move(message)), timeout, std::move(done));
}

void HubClientCore::start_send_message(Message message, Timeout timeout, Completion<void> done) {
  send<SendD2CMessageOperation>(std::move(message), timeout, std::move(done));
}

void HubClientCore::start_send_message_to_output(Message message, std::string output_name,
                                                 Timeout timeout, Completion<void> done) {
  check_text("output_name", output_name);
  message.output_name = std::move(output_name);
  send<SendOutputMessageOperation>(std::move(message), timeout, std::move(done));
}

void HubClientCore::start_send_method_response(MethodResponse response, Timeout timeout,
                                               Completion<void> done) {
  refuse_argument(iothub_limits::check_method_response(response));
  submit(make_op<SendMethodResponseOperation>(std::move(response)), timeout, std::move(done));
}

void HubClientCore::start_get_twin(Timeout timeout, Completion<Json> done) {
  const SteadyTime deadline = deadline_of(timeout);
  if (refuse(done)) return;
  auto op = make_op<GetTwinOperation>();
  op->then([done = std::move(done)](Owned<GetTwinOperation> got, Error error) mutable {
    if (error) return done(std::move(error));
    done(std::move(got->twin));
  });
  submit_with(feature::kTwin, std::move(op), deadline);
}

void HubClientCore::start_patch_twin_reported_properties(Json patch, Timeout timeout,
                                                         Completion<void> done) {
  refuse_argument(iothub_limits::check_reported_patch(patch));
  const SteadyTime deadline = deadline_of(timeout);
  if (refuse(done)) return;
  auto op = make_op<PatchTwinReportedPropertiesOperation>(std::move(patch));
  op->then([done = std::move(done)](OpPtr, Error error) mutable { done(std::move(error)); });
  submit_with(feature::kTwin, std::move(op), deadline);
}

void HubClientCore::start_update_sastoken(std::string_view sastoken, Timeout timeout,
                                          Completion<void> done) {
  const SteadyTime deadline = deadline_of(timeout);
  if (refuse(done)) return;
  if (!has_own_sastoken_) {
    return done(Error(Errc::operation_error,
                      "Cannot update sastoken when client was not created with one: it makes and "
                      "renews its tokens itself, or has a certificate"));
  }
  const TokenOwner owner = identity_.module_id.empty() ? TokenOwner::device : TokenOwner::module;
  OwnSasToken fresh = read_own_sastoken(sastoken, owner, loop_->wall_now());
  check_same_identity(fresh.gives_access_to, identity_);

  auto op = make_op<ReauthorizeConnectionOperation>();
  op->deadline = deadline;
  op->then([done = std::move(done)](OpPtr, Error error) mutable { done(std::move(error)); });
  loop_->post([this, self = shared_from_this(), token = std::move(fresh.token),
               op = OpPtr(std::move(op))]() mutable {
    pipeline_->nucleus().options.sastoken = std::move(token);
    pipeline_->enter(std::move(op));
  });
}

}  // namespace azure::iot::device::detail
