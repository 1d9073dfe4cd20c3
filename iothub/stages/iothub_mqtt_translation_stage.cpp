#include "iothub/stages/iothub_mqtt_translation_stage.hpp"

#include <utility>

#include "iothub/iothub_events.hpp"
#include "iothub/limits.hpp"
#include "iothub/mqtt_topic_iothub.hpp"
#include "iothub/user_agent.hpp"
#include "pipeline/mqtt_limits.hpp"
#include "pipeline/text/decimal.hpp"
#include "pipeline/text/quoted.hpp"

namespace azure::iot::device {

namespace topics = mqtt_topic_iothub;

IotHubMqttTranslationStage::IotHubMqttTranslationStage(IotHubConfig config)
    : config_(std::move(config)),
      telemetry_topic_(
          topics::get_telemetry_topic_for_publish(config_.device_id, config_.module_id)) {}

void IotHubMqttTranslationStage::run(Owned<InitializePipelineOperation> op) {
  op->client_id = get_hub_client_id(config_.device_id, config_.module_id);
  op->username = get_hub_username(nucleus().options.hostname, op->client_id, config_.user_agent,
                                  config_.product_info);
  nucleus().client_id = op->client_id;
  send_op_down(std::move(op));
}

void IotHubMqttTranslationStage::run(Owned<SendD2CMessageOperation> op) {
  publish_message(std::move(op));
}

void IotHubMqttTranslationStage::run(Owned<SendOutputMessageOperation> op) {
  publish_message(std::move(op));
}

void IotHubMqttTranslationStage::run(Owned<SendMethodResponseOperation> op) {
  const MethodResponse& response = op->method_response;
  std::string topic = topics::get_method_topic_for_publish(response.request_id, response.status);
  std::string payload = response.payload.dump();
  if (Error error = iothub_limits::check_method_response_sizes(payload.size(), topic.size())) {
    return complete(std::move(op), std::move(error));
  }
  send_op_down(
      make_worker<MqttPublishOperation>(std::move(op), std::move(topic), std::move(payload)));
}

void IotHubMqttTranslationStage::run(Owned<EnableFeatureOperation> op) {
  change_feature<MqttSubscribeOperation>(std::move(op));
}

void IotHubMqttTranslationStage::run(Owned<DisableFeatureOperation> op) {
  change_feature<MqttUnsubscribeOperation>(std::move(op));
}

void IotHubMqttTranslationStage::run(Owned<RequestOperation> op) {
  const Request& request = op->request;
  if (request.request_type != "twin") {
    return complete(std::move(op),
                    Error(Errc::operation_error,
                          "request type " + quoted(request.request_type) + " is not supported"));
  }
  std::string topic =
      topics::get_twin_topic_for_publish(request.method, request.resource_location, op->request_id);
  if (Error error = check_topic_size("request: the topic", topic.size())) {
    return complete(std::move(op), std::move(error));
  }
  std::string body = std::move(op->request.body);
  send_op_down(make_worker<MqttPublishOperation>(std::move(op), std::move(topic), std::move(body)));
}

template <class Op>
void IotHubMqttTranslationStage::publish_message(Owned<Op> op) {
  std::string topic = topics::encode_message_properties_in_topic(op->message, telemetry_topic_);
  const std::size_t base = telemetry_topic_.size();
  const std::size_t properties = topic.size() - base;
  if (!iothub_limits::fits(op->message.data.size(), properties, base)) {
    Error error = iothub_limits::check_message_sizes(op->message.data.size(), properties, base);
    return complete(std::move(op), std::move(error));
  }
  std::string payload = std::move(op->message.data);
  send_op_down(
      make_worker<MqttPublishOperation>(std::move(op), std::move(topic), std::move(payload)));
}

template <class MqttOp, class Op>
void IotHubMqttTranslationStage::change_feature(Owned<Op> op) {
  auto topic = topic_of_feature(op->feature_name);
  if (topic) return send_op_down(make_worker<MqttOp>(std::move(op), *std::move(topic)));
  std::string detail = "there is no feature " + quoted(op->feature_name);
  complete(std::move(op), Error(Errc::operation_error, std::move(detail)));
}

std::optional<std::string> IotHubMqttTranslationStage::topic_of_feature(
    std::string_view feature_name) const {
  if (feature_name == feature::kC2D) return topics::get_c2d_topic_for_subscribe(config_.device_id);
  if (feature_name == feature::kInput) {
    return topics::get_input_topic_for_subscribe(config_.device_id, config_.module_id);
  }
  if (feature_name == feature::kMethods) return topics::get_method_topic_for_subscribe();
  if (feature_name == feature::kTwin) return topics::get_twin_response_topic_for_subscribe();
  if (feature_name == feature::kTwinPatches) return topics::get_twin_patch_topic_for_subscribe();
  return std::nullopt;
}

void IotHubMqttTranslationStage::on(const IncomingMqttMessageEvent& event) {
  Error error;
  switch (topics::classify_topic(event.topic, config_.device_id, config_.module_id)) {
    case HubTopic::c2d: error = send_c2d_message_up(event); break;
    case HubTopic::input: error = send_input_message_up(event); break;
    case HubTopic::methods: error = send_method_request_up(event); break;
    case HubTopic::twin_response: error = send_twin_response_up(event); break;
    case HubTopic::twin_patch: error = send_twin_patch_up(event); break;
    case HubTopic::unknown: send_event_up(event); break;
  }
  if (error) report_background_error(std::move(error));
}

Error IotHubMqttTranslationStage::send_c2d_message_up(const IncomingMqttMessageEvent& event) {
  Message message{.data = std::string(event.payload)};
  if (Error error = topics::extract_message_properties_from_topic(event.topic, message)) {
    return error;
  }
  send_event_up(C2DMessageEvent(message));
  return {};
}

Error IotHubMqttTranslationStage::send_input_message_up(const IncomingMqttMessageEvent& event) {
  Message message{.data = std::string(event.payload)};
  if (Error error = topics::extract_message_properties_from_topic(event.topic, message)) {
    return error;
  }
  auto input_name = topics::get_input_name_from_topic(event.topic);
  if (!input_name) return input_name.error();
  message.input_name = *std::move(input_name);
  send_event_up(InputMessageEvent(message));
  return {};
}

Error IotHubMqttTranslationStage::send_method_request_up(const IncomingMqttMessageEvent& event) {
  auto request_id = topics::get_method_request_id_from_topic(event.topic);
  if (!request_id) return request_id.error();
  auto name = topics::get_method_name_from_topic(event.topic);
  if (!name) return name.error();
  auto payload = Json::parse(event.payload.empty() ? "null" : event.payload);
  if (!payload) return payload.error();
  MethodRequest request{*std::move(request_id), *std::move(name), *std::move(payload)};
  send_event_up(MethodRequestEvent(request));
  return {};
}

Error IotHubMqttTranslationStage::send_twin_response_up(const IncomingMqttMessageEvent& event) {
  const auto request_id = topics::get_twin_request_id_from_topic(event.topic);
  if (!request_id) return request_id.error();
  const auto status_text = topics::get_twin_status_code_from_topic(event.topic);
  if (!status_text) return status_text.error();
  const auto status = parse_decimal(*status_text);
  if (!status || !std::in_range<int>(*status)) {
    return Error(Errc::bad_content, "the status of a twin response is no number");
  }
  send_event_up(ResponseEvent(*request_id, static_cast<int>(*status), event.payload));
  return {};
}

Error IotHubMqttTranslationStage::send_twin_patch_up(const IncomingMqttMessageEvent& event) {
  auto patch = Json::parse(event.payload.empty() ? "null" : event.payload);
  if (!patch) return patch.error();
  send_event_up(TwinDesiredPropertiesPatchEvent(*patch));
  return {};
}

}  // namespace azure::iot::device
