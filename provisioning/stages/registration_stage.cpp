#include "provisioning/stages/registration_stage.hpp"

#include <utility>

#include "provisioning/limits.hpp"

namespace azure::iot::device {

Request RegistrationStage::request_for(const RegisterOperation& op) const {
  return {.request_type = "register",
          .method = "PUT",
          .resource_location = "/",
          .body = make_registration_body(op.registration_id, op.request_payload),
          .query_params = {}};
}

void RegistrationStage::on_assigning(Owned<RegisterOperation> op,
                                     const RequestAndResponseOperation&) {
  hold_for(kPollingInterval, std::move(op),
           [this](OpPtr due) { poll(op_cast<RegisterOperation>(due)); });
}

void RegistrationStage::poll(Owned<RegisterOperation> op) {
  auto operation_id = std::exchange(op->registration_result, std::nullopt)->operation_id;
  auto query = make_op<PollStatusOperation>(std::move(operation_id), " ");
  query->deadline = op->deadline;
  query->then(
      [this, key = waiting().hold(std::move(op))](Owned<PollStatusOperation> polled, Error error) {
        auto registering = waiting().take<RegisterOperation>(key);
        if (!registering) return;  // Its deadline came first.
        registering->registration_result = std::move(polled->registration_result);
        complete(std::move(registering), std::move(error));
      });
  send_op_down(std::move(query));
}

}  // namespace azure::iot::device
