#pragma once

#include <map>
#include <string>

#include "pipeline/pending_ops.hpp"
#include "pipeline/stage.hpp"

namespace azure::iot::device::conformance {

class World;

// The neighbour below the stage under test. Records the operations that reach it, and holds them,
// as every holder does, until the trace completes them.
class RecordingStage final : public Stage {
 public:
  explicit RecordingStage(World& world) : world_(world) {}
  std::string_view name() const override { return "RecordingStage"; }

  // Returns the operation with that id; null if it is not held here.
  OpPtr take(const std::string& id);
  void send_up(const Event& event) { send_event_up(event); }

 private:
  void run_op(OpPtr op) override;

  World& world_;
  std::map<std::string, OpKey> keys_;
  PendingOps held_{*this, "for the stage below"};
};

}  // namespace azure::iot::device::conformance
