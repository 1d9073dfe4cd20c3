#include "recording_stage.hpp"

#include <utility>

#include "operations.hpp"
#include "world.hpp"

namespace azure::iot::device::conformance {

void RecordingStage::run_op(OpPtr op) {
  const std::string id = world_.id_of(*op);
  Json described = describe_op(*op);
  described.set("id", id);
  keys_[id] = held_.hold(std::move(op));

  // A stage that throws while it runs an operation completes it with that exception.
  if (Error raised = world_.record("send_op_down", std::move(described), id).raised) {
    if (OpPtr again = take(id)) {
      complete(std::move(again), std::move(raised));
    } else {
      world_.answer_from_recording();
    }
  }
}

OpPtr RecordingStage::take(const std::string& id) {
  const auto found = keys_.find(id);
  return found == keys_.end() ? nullptr : held_.take(found->second);
}

}  // namespace azure::iot::device::conformance
