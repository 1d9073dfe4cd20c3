#pragma once

#include <chrono>
#include <string_view>

#include "../operations.hpp"
#include "../pending_ops.hpp"
#include "../stage.hpp"

namespace azure::iot::device {

// Retries a subscribe or unsubscribe whose attempt timed out, after a pause, until the operation's
// own deadline. Other errors are passed on. Unlike Python: shutdown fails operations that wait for
// their next attempt.
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
