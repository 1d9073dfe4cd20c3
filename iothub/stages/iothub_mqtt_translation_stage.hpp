#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "../../pipeline/events.hpp"
#include "../../pipeline/operations.hpp"
#include "../../pipeline/stage.hpp"
#include "../iothub_config.hpp"
#include "../iothub_operations.hpp"

namespace azure::iot::device {

// Translates between IoT Hub and MQTT: turns hub operations into publishes and subscribes, and
// received messages into hub events, by their topics. No stage below it knows IoT Hub. A malformed
// message is reported as a background error; one on an unknown topic is passed on. (Python:
// IoTHubMQTTTranslationStage.)
//
// Unlike Python: a message, a method response or a topic beyond the limits of limits.hpp fails here
// and is not sent.
class IotHubMqttTranslationStage final
    : public Handles<IotHubMqttTranslationStage,
                     Ops<InitializePipelineOperation, SendD2CMessageOperation,
                         SendOutputMessageOperation, SendMethodResponseOperation,
                         EnableFeatureOperation, DisableFeatureOperation, RequestOperation>,
                     Events<IncomingMqttMessageEvent>> {
 public:
  explicit IotHubMqttTranslationStage(IotHubConfig config);
  std::string_view name() const override { return "IotHubMqttTranslationStage"; }

  void run(Owned<InitializePipelineOperation> op);
  void run(Owned<SendD2CMessageOperation> op);
  void run(Owned<SendOutputMessageOperation> op);
  void run(Owned<SendMethodResponseOperation> op);
  void run(Owned<EnableFeatureOperation> op);
  void run(Owned<DisableFeatureOperation> op);
  void run(Owned<RequestOperation> op);
  void on(const IncomingMqttMessageEvent& event);

 private:
  template <class Op>
  void publish_message(Owned<Op> op);
  template <class MqttOp, class Op>
  void change_feature(Owned<Op> op);
  std::optional<std::string> topic_of_feature(std::string_view feature_name) const;

  Error send_c2d_message_up(const IncomingMqttMessageEvent& event);
  Error send_input_message_up(const IncomingMqttMessageEvent& event);
  Error send_method_request_up(const IncomingMqttMessageEvent& event);
  Error send_twin_response_up(const IncomingMqttMessageEvent& event);
  Error send_twin_patch_up(const IncomingMqttMessageEvent& event);

  const IotHubConfig config_;
  const std::string telemetry_topic_;
};

}  // namespace azure::iot::device
