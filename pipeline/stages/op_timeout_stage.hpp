#pragma once

#include <chrono>
#include <string_view>

#include "../operations.hpp"
#include "../stage.hpp"

namespace azure::iot::device {

// Puts a deadline on each attempt to subscribe or unsubscribe: it fails with `Errc::timed_out` when
// no acknowledgement came in time. Publishes need none, since MQTT repeats them by itself.
// Unlike Python: an acknowledgement that comes later is ignored, since the attempt it answers is
// over.
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
