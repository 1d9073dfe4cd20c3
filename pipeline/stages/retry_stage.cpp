#include "pipeline/stages/retry_stage.hpp"

#include "pipeline/log.hpp"

namespace azure::iot::device {

void RetryStage::attempt(OpPtr op) {
  // A completion consumes its continuation, so each attempt adds a new one.
  op->then([this](OpPtr done, Error error) {
    const bool attempt_over = error.code() == Errc::timed_out && done->deadline > loop().now();
    if (!attempt_over) return complete(std::move(done), std::move(error));
    log_for(nucleus().client_id, LogLevel::info, name(), done->name(),
            " timed out and will be tried again");
    waiting_.hold_until(std::move(done), saturating_add(loop().now(), kPause),
                        [this](OpPtr again) { attempt(std::move(again)); });
  });
  send_op_down(std::move(op));
}

void RetryStage::run(Owned<ShutdownPipelineOperation> op) {
  waiting_.fail_all(Error(Errc::operation_cancelled, "shutdown came before the next attempt"));
  send_op_down(std::move(op));
}

}  // namespace azure::iot::device
