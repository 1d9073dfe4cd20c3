#include "pipeline/stages/op_timeout_stage.hpp"

#include <algorithm>

namespace azure::iot::device {

void OpTimeoutStage::limit(OpPtr op) {
  // The stage below that holds the operation enforces the deadline of the attempt. The continuation
  // restores the operation's own deadline for the stages above.
  op->then([whole = op->deadline](OpPtr done, Error error) {
    done->deadline = whole;
    complete(std::move(done), std::move(error));
  });
  op->deadline = std::min(op->deadline, saturating_add(loop().now(), kAttempt));
  send_op_down(std::move(op));
}

}  // namespace azure::iot::device
