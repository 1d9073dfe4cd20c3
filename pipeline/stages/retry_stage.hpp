#pragma once

#include <chrono>
#include <string_view>

#include "../operations.hpp"
#include "../pending_ops.hpp"
#include "../stage.hpp"

namespace azure::iot::device {

// Tries a subscribe or unsubscribe again when its attempt timed out, after a pause, until its own
// deadline. Any other failure passes.
// Unlike Python: shutdown ends what waits for its next attempt.
class RetryStage final
    : public Handles<RetryStage, Ops<MqttSubscribeOperation, MqttUnsubscribeOperation,
                                     ShutdownPipelineOperation>> {
 public:
  static constexpr Duration kPause = std::chrono::seconds{20};

  std::string_view name() const override { return "RetryStage"; }

  void run(Owned<MqttSubscribeOperation> op) { attempt(std::move(op)); }
  void run(Owned<MqttUnsubscribeOperation> op) { attempt(std::move(op)); }
  void run(Owned<ShutdownPipelineOperation> op);

 private:
  void attempt(OpPtr op);

  PendingOps waiting_{*this, "to be tried again"};
};

}  // namespace azure::iot::device
