#pragma once

#include <string_view>

#include "../../pipeline/events.hpp"
#include "../../pipeline/operations.hpp"
#include "../../pipeline/stage.hpp"
#include "../provisioning_config.hpp"

namespace azure::iot::device {

// Translates between the provisioning service and MQTT: turns requests into publishes, and incoming
// messages into responses, by their topics. A response that cannot be read is reported as a
// background error. A message on another topic passes. (Python: ProvisioningMQTTTranslationStage.)
// Unlike Python: a query without an operation id fails, instead of being sent for one named None.
class ProvisioningMqttTranslationStage final
    : public Handles<ProvisioningMqttTranslationStage,
                     Ops<InitializePipelineOperation, EnableFeatureOperation,
                         DisableFeatureOperation, RequestOperation>,
                     Events<IncomingMqttMessageEvent>> {
 public:
  explicit ProvisioningMqttTranslationStage(ProvisioningConfig config);
  std::string_view name() const override { return "ProvisioningMqttTranslationStage"; }

  void run(Owned<InitializePipelineOperation> op);
  void run(Owned<EnableFeatureOperation> op);
  void run(Owned<DisableFeatureOperation> op);
  void run(Owned<RequestOperation> op);
  void on(const IncomingMqttMessageEvent& event);

 private:
  template <class MqttOp, class Op>
  void change_feature(Owned<Op> op);
  Error send_response_up(const IncomingMqttMessageEvent& event);

  const ProvisioningConfig config_;
};

}  // namespace azure::iot::device
