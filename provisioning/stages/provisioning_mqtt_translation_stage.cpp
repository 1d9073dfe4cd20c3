#include "provisioning/stages/provisioning_mqtt_translation_stage.hpp"

#include <optional>
#include <string>
#include <utility>

#include "pipeline/text/decimal.hpp"
#include "pipeline/text/quoted.hpp"
#include "provisioning/limits.hpp"
#include "provisioning/mqtt_topic_provisioning.hpp"
#include "provisioning/user_agent.hpp"

namespace azure::iot::device {

namespace topics = mqtt_topic_provisioning;

namespace {

Result<std::string> topic_of(const Request& request, const std::string& request_id) {
  if (request.request_type == "register") return topics::get_register_topic_for_publish(request_id);
  if (request.request_type != "query") {
    return Error(Errc::operation_error,
                 "request type " + quoted(request.request_type) + " is not supported");
  }
  const Json* const id = request.query_params.find("operation_id");
  const std::string* const operation_id = id ? id->get_if<std::string>() : nullptr;
  if (!operation_id) {
    return Error(Errc::bad_content, "the service named no operation whose status can be asked for");
  }
  return topics::get_query_topic_for_publish(request_id, *operation_id);
}

}  // namespace

ProvisioningMqttTranslationStage::ProvisioningMqttTranslationStage(ProvisioningConfig config)
    : config_(std::move(config)) {}

void ProvisioningMqttTranslationStage::run(Owned<InitializePipelineOperation> op) {
  op->client_id = config_.registration_id;
  op->username =
      get_provisioning_username(config_.id_scope, config_.registration_id, config_.user_agent);
  nucleus().client_id = op->client_id;
  send_op_down(std::move(op));
}

void ProvisioningMqttTranslationStage::run(Owned<EnableFeatureOperation> op) {
  change_feature<MqttSubscribeOperation>(std::move(op));
}

void ProvisioningMqttTranslationStage::run(Owned<DisableFeatureOperation> op) {
  change_feature<MqttUnsubscribeOperation>(std::move(op));
}

void ProvisioningMqttTranslationStage::run(Owned<RequestOperation> op) {
  auto topic = topic_of(op->request, op->request_id);
  if (!topic) return complete(std::move(op), topic.error());
  if (Error error = provisioning_limits::check_request(op->request.body.size(), topic->size())) {
    return complete(std::move(op), std::move(error));
  }
  std::string body = std::move(op->request.body);
  send_op_down(
      make_worker<MqttPublishOperation>(std::move(op), *std::move(topic), std::move(body)));
}

template <class MqttOp, class Op>
void ProvisioningMqttTranslationStage::change_feature(Owned<Op> op) {
  if (op->feature_name == feature::kRegister) {
    return send_op_down(
        make_worker<MqttOp>(std::move(op), topics::get_register_topic_for_subscribe()));
  }
  std::string detail = "there is no feature \"" + op->feature_name + "\"";
  complete(std::move(op), Error(Errc::operation_error, std::move(detail)));
}

void ProvisioningMqttTranslationStage::on(const IncomingMqttMessageEvent& event) {
  if (!topics::is_dps_response_topic(event.topic)) return send_event_up(event);
  if (Error error = send_response_up(event)) report_background_error(std::move(error));
}

Error ProvisioningMqttTranslationStage::send_response_up(const IncomingMqttMessageEvent& event) {
  const auto properties = topics::extract_properties_from_dps_response_topic(event.topic);
  if (!properties) return properties.error();
  const auto status_text = topics::extract_status_code_from_dps_response_topic(event.topic);
  if (!status_text) return status_text.error();
  const auto status = parse_decimal(*status_text);
  if (!status || !std::in_range<int>(*status)) {
    return Error(Errc::bad_content, "the status of a response is no number");
  }
  const std::string* const request_id = topics::find_property(*properties, "rid");
  if (!request_id) return Error(Errc::bad_content, "a response names no request");
  const std::string* const retry_after = topics::find_property(*properties, "retry-after");
  send_event_up(
      ResponseEvent(*request_id, static_cast<int>(*status), event.payload,
                    retry_after ? std::optional<std::string_view>(*retry_after) : std::nullopt));
  return {};
}

}  // namespace azure::iot::device
