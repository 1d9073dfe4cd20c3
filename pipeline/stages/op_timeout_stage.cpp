#include "pipeline/stages/op_timeout_stage.hpp"

#include <algorithm>

namespace azure::iot::device {

void OpTimeoutStage::limit(OpPtr op) {
  // The deadline of the attempt is enforced by whoever holds the operation below, and taken off
  // again on its way back: the stages above go by the operation's own.
  op->then([whole = op->deadline](OpPtr done, Error error) {
    done->deadline = whole;
    complete(std::move(done), std::move(error));
  });
  op->deadline = std::min(op->deadline, saturating_add(loop().now(), kAttempt));
  send_op_down(std::move(op));
}

}  // namespace azure::iot::device
