#pragma once

#include <chrono>
#include <string_view>

#include "../operations.hpp"
#include "../stage.hpp"

namespace azure::iot::device {

// Sets a deadline on each attempt to subscribe or unsubscribe. Without an acknowledgement in time,
// the attempt fails with `Errc::timed_out`. Publishes need no deadline here, since MQTT repeats
// them. Unlike Python: a later acknowledgement is ignored, since the attempt it answers has
// expired.
class OpTimeoutStage final
    : public Handles<OpTimeoutStage, Ops<MqttSubscribeOperation, MqttUnsubscribeOperation>> {
 public:
  static constexpr Duration kAttempt = std::chrono::seconds{10};

  std::string_view name() const override { return "OpTimeoutStage"; }

  void run(Owned<MqttSubscribeOperation> op) { limit(std::move(op)); }
  void run(Owned<MqttUnsubscribeOperation> op) { limit(std::move(op)); }

 private:
  void limit(OpPtr op);
};

}  // namespace azure::iot::device
