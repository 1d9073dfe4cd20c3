#include "subjects.hpp"

#include <utility>

#include "iothub/iothub_pipeline.hpp"
#include "iothub/stages/ensure_desired_properties_stage.hpp"
#include "iothub/stages/iothub_mqtt_translation_stage.hpp"
#include "iothub/stages/twin_request_response_stage.hpp"
#include "pipeline/stages/auto_connect_stage.hpp"
#include "pipeline/stages/connection_retry_stage.hpp"
#include "pipeline/stages/coordinate_request_and_response_stage.hpp"
#include "pipeline/stages/mqtt_transport_stage.hpp"
#include "pipeline/stages/op_timeout_stage.hpp"
#include "pipeline/stages/retry_stage.hpp"
#include "pipeline/stages/sas_token_stage.hpp"
#include "provisioning/provisioning_pipeline.hpp"
#include "provisioning/stages/polling_status_stage.hpp"
#include "provisioning/stages/provisioning_mqtt_translation_stage.hpp"
#include "provisioning/stages/registration_stage.hpp"

namespace azure::iot::device::conformance {
namespace {

using Kind = Subject::Kind;

template <class T>
std::unique_ptr<Stage> make(const ServiceConfig&, MqttTransportFactory) {
  return std::make_unique<T>();
}
template <class T>
std::unique_ptr<Stage> make_for_hub(const ServiceConfig& config, MqttTransportFactory) {
  return std::make_unique<T>(config.hub);
}
template <class T>
std::unique_ptr<Stage> make_for_provisioning(const ServiceConfig& config, MqttTransportFactory) {
  return std::make_unique<T>(config.provisioning);
}
std::unique_ptr<Stage> make_transport_stage(const ServiceConfig&,
                                            MqttTransportFactory make_transport) {
  return std::make_unique<MqttTransportStage>(std::move(make_transport));
}

std::shared_ptr<Pipeline> make_hub_pipeline(std::shared_ptr<EventLoop> loop, PipelineConfig config,
                                            const ServiceConfig& service_config,
                                            MqttTransportFactory make_transport,
                                            Pipeline::EventSink on_event) {
  return make_iothub_mqtt_pipeline(std::move(loop), std::move(config), service_config.hub,
                                   std::move(make_transport), std::move(on_event));
}
std::shared_ptr<Pipeline> make_provisioning_pipeline(std::shared_ptr<EventLoop> loop,
                                                     PipelineConfig config,
                                                     const ServiceConfig& service_config,
                                                     MqttTransportFactory make_transport,
                                                     Pipeline::EventSink on_event) {
  return make_provisioning_mqtt_pipeline(std::move(loop), std::move(config),
                                         service_config.provisioning, std::move(make_transport),
                                         std::move(on_event));
}

constexpr Subject stage(std::string_view recorded_name, std::string_view name,
                        decltype(Subject::make_stage) make_stage, Kind kind = Kind::stage) {
  return {recorded_name, name, kind, make_stage, nullptr};
}
constexpr Subject pipeline(std::string_view recorded_name, std::string_view name,
                           decltype(Subject::make_pipeline) make_pipeline) {
  return {recorded_name, name, Kind::pipeline, nullptr, make_pipeline};
}

constexpr Subject kSubjects[] = {
    stage("PipelineRootStage", "Pipeline", nullptr, Kind::root),
    stage("SasTokenStage", "SasTokenStage", &make<SasTokenStage>),
    stage("EnsureDesiredPropertiesStage", "EnsureDesiredPropertiesStage",
          &make_for_hub<EnsureDesiredPropertiesStage>),
    stage("TwinRequestResponseStage", "TwinRequestResponseStage", &make<TwinRequestResponseStage>),
    stage("RegistrationStage", "RegistrationStage", &make<RegistrationStage>),
    stage("PollingStatusStage", "PollingStatusStage", &make<PollingStatusStage>),
    stage("CoordinateRequestAndResponseStage", "CoordinateRequestAndResponseStage",
          &make<CoordinateRequestAndResponseStage>),
    stage("IoTHubMQTTTranslationStage", "IotHubMqttTranslationStage",
          &make_for_hub<IotHubMqttTranslationStage>),
    stage("ProvisioningMQTTTranslationStage", "ProvisioningMqttTranslationStage",
          &make_for_provisioning<ProvisioningMqttTranslationStage>),
    stage("AutoConnectStage", "AutoConnectStage", &make<AutoConnectStage>),
    stage("ConnectionStateStage", "ConnectionRetryStage", &make<ConnectionRetryStage>),
    stage("RetryStage", "RetryStage", &make<RetryStage>),
    stage("OpTimeoutStage", "OpTimeoutStage", &make<OpTimeoutStage>),
    stage("MQTTTransportStage", "MqttTransportStage", &make_transport_stage, Kind::last_stage),
    pipeline("IoTHubMQTTPipeline", "make_iothub_mqtt_pipeline", &make_hub_pipeline),
    pipeline("ProvisioningMQTTPipeline", "make_provisioning_mqtt_pipeline",
             &make_provisioning_pipeline),
};

}  // namespace

std::span<const Subject> subjects() { return kSubjects; }

const Subject* find_subject(std::string_view name) {
  for (const Subject& subject : kSubjects) {
    if (subject.recorded_name == name || subject.name == name) return &subject;
  }
  return nullptr;
}

}  // namespace azure::iot::device::conformance
