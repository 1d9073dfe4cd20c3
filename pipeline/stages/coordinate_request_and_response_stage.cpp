#include "pipeline/stages/coordinate_request_and_response_stage.hpp"

#include "pipeline/log.hpp"

namespace azure::iot::device {

void CoordinateRequestAndResponseStage::run(Owned<RequestAndResponseOperation> op) {
  op->request_id = nucleus().make_request_id();
  auto request = make_op<RequestOperation>(op->request, op->request_id);
  request->deadline = op->deadline;

  // Forgets the id whenever the operation completes, for any reason.
  op->then([this](Owned<RequestAndResponseOperation> done, Error error) {
    keys_.erase(done->request_id);
    complete(std::move(done), std::move(error));
  });
  std::string request_id = op->request_id;
  const OpKey key = waiting_.hold(std::move(op));
  keys_.emplace(std::move(request_id), key);

  request->then([this, key](OpPtr, Error error) {
    if (!error) return;  // The request was acknowledged; the response completes the operation.
    if (OpPtr waiting = waiting_.take(key)) complete(std::move(waiting), std::move(error));
  });
  send_op_down(std::move(request));
}

void CoordinateRequestAndResponseStage::run(Owned<ShutdownPipelineOperation> op) {
  waiting_.fail_all(Error(Errc::operation_cancelled, "shutdown came before the response"));
  send_op_down(std::move(op));
}

void CoordinateRequestAndResponseStage::on(const ResponseEvent& event) {
  const auto found = keys_.find(std::string(event.request_id));
  auto op =
      waiting_.take<RequestAndResponseOperation>(found == keys_.end() ? OpKey{} : found->second);
  if (!op) {
    return log_for(nucleus().client_id, LogLevel::info, name(),
                   "a response that nobody waits for is dropped");
  }
  op->status_code = event.status_code;
  op->response_body = event.response_body;
  op->retry_after = event.retry_after;
  complete(std::move(op));
}

}  // namespace azure::iot::device
