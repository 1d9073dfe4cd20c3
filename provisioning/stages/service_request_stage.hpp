#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include "../../pipeline/operations.hpp"
#include "../../pipeline/pending_ops.hpp"
#include "../../pipeline/stage.hpp"
#include "../../pipeline/text/quoted.hpp"
#include "../registration_answer.hpp"

namespace azure::iot::device {

// The common part of RegistrationStage and PollingStatusStage. For an operation of type Op it sends
// a request, and repeats it after a pause while the service is too busy, until the service answers.
// Each request has half a minute. `Self` has `Request request_for(const Op&)` and `void
// on_assigning(Owned<Op> op, const RequestAndResponseOperation& response)`, which finds the answer
// in the operation's result.
//
// Too busy means a status of 429, or of 500 and above. Unlike Python: 430 to 499 fail the
// operation, as all other refusals do. The answer to a request that timed out is ignored. An answer
// that cannot be read fails the operation, and a shutdown fails every operation that waits here.
template <class Self, class Op>
class ServiceRequestStage : public Handles<Self, Ops<Op, ShutdownPipelineOperation>> {
 public:
  // The longest wait for one answer.
  static constexpr Duration kAnswerTimeout = std::chrono::seconds{30};

  void run(Owned<Op> op) { send_request(std::move(op)); }

  void run(Owned<ShutdownPipelineOperation> op) {
    waiting_.fail_all(Error(Errc::operation_cancelled, "shutdown came before the registration"));
    this->send_op_down(std::move(op));
  }

 protected:
  void send_request(Owned<Op> op) {
    op->registration_result.reset();
    Request content = self().request_for(*op);
    auto request = make_op<RequestAndResponseOperation>(std::move(content));
    request->deadline = std::min(op->deadline, saturating_add(this->loop().now(), kAnswerTimeout));
    request->then([this, key = waiting_.hold(std::move(op))](
                      Owned<RequestAndResponseOperation> response, Error error) {
      auto asked = waiting_.take<Op>(key);
      if (!asked) return;  // Its deadline came first.
      if (error) return complete(std::move(asked), request_error(*response, std::move(error)));
      on_response(std::move(asked), *response);
    });
    this->send_op_down(std::move(request));
  }

  // Repeats the request after the pause that the service asked for.
  void send_request_later(Owned<Op> op, const RequestAndResponseOperation& response) {
    const auto pause = pause_before_next(response, this->nucleus().random);
    if (!pause) return complete(std::move(op), pause.error());
    hold_for(*pause, std::move(op), [this](OpPtr due) { send_request(op_cast<Op>(due)); });
  }
  void hold_for(Duration pause, Owned<Op> op, std::function<void(OpPtr)> resume) {
    waiting_.hold_until(std::move(op), saturating_add(this->loop().now(), pause),
                        std::move(resume));
  }
  PendingOps& waiting() { return waiting_; }

 private:
  Self& self() { return static_cast<Self&>(*this); }

  void on_response(Owned<Op> op, const RequestAndResponseOperation& response) {
    RegistrationAnswer answer = read_registration_answer(response, response.request.request_type);
    switch (answer.kind) {
      case RegistrationAnswer::Kind::try_again: return send_request_later(std::move(op), response);
      case RegistrationAnswer::Kind::assigning:
        op->registration_result = std::move(answer.result);
        return self().on_assigning(std::move(op), response);
      case RegistrationAnswer::Kind::ended:
        op->registration_result = std::move(answer.result);
        return complete(std::move(op), std::move(answer.error));
    }
  }

  // As in Python, a request that was cancelled counts as a service that does not answer.
  Error request_error(const RequestAndResponseOperation& response, Error error) const {
    const bool given_up =
        error.code() == Errc::timed_out && response.deadline <= this->loop().now();
    if (!given_up) return error;
    return Error(Errc::service,
                 "Operation timed out before provisioning service could respond for " +
                     escaped(response.request.request_type, kLongestQuote) + " operation",
                 std::move(error));
  }

  PendingOps waiting_{*this, "for the provisioning service"};
};

}  // namespace azure::iot::device
