#pragma once

#include <map>
#include <string>

#include "pipeline/pending_ops.hpp"
#include "pipeline/stage.hpp"

namespace azure::iot::device::conformance {

class World;

// The neighbour below the stage under test: records what reaches it and holds it, as every holder
// of operations does, until the trace says how it ends.
class RecordingStage final : public Stage {
 public:
  explicit RecordingStage(World& world) : world_(world) {}
  std::string_view name() const override { return "RecordingStage"; }

  // The operation with that id; null if it is not held here.
  OpPtr take(const std::string& id);
  void send_up(const Event& event) { send_event_up(event); }

 private:
  void run_op(OpPtr op) override;

  World& world_;
  std::map<std::string, OpKey> keys_;
  PendingOps held_{*this, "for the stage below"};
};

}  // namespace azure::iot::device::conformance
