#include "pipeline/stages/auto_connect_stage.hpp"

#include "pipeline/operations.hpp"

namespace azure::iot::device {

void AutoConnectStage::run_op(OpPtr op) {
  const bool ready = !op->needs_connection || nucleus().connected();
  if (ready || !nucleus().options.auto_connect) return send_op_down(std::move(op));

  // The connect does not get the deadline of this operation, since other operations may wait for
  // the same link.
  auto connect = make_op<ConnectOperation>();
  connect->wanted_until = op->deadline;
  connect->then([this, key = waiting_.hold(std::move(op))](OpPtr, Error error) {
    OpPtr waiting = waiting_.take(key);
    if (!waiting) return;  // Its deadline came first.
    if (error) return complete(std::move(waiting), std::move(error));
    run_op(std::move(waiting));  // The link may already be lost: check again.
  });
  send_op_down(std::move(connect));
}

}  // namespace azure::iot::device
