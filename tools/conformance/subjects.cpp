#include "subjects.hpp"

#include <utility>

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

namespace azure::iot::device::conformance {
namespace {

using Kind = Subject::Kind;

template <class T>
std::unique_ptr<Stage> make(const IotHubConfig&, MqttTransportFactory) {
  return std::make_unique<T>();
}
template <class T>
std::unique_ptr<Stage> make_configured(const IotHubConfig& config, MqttTransportFactory) {
  return std::make_unique<T>(config);
}
std::unique_ptr<Stage> make_transport_stage(const IotHubConfig&,
                                            MqttTransportFactory make_transport) {
  return std::make_unique<MqttTransportStage>(std::move(make_transport));
}

constexpr Subject kSubjects[] = {
    {"PipelineRootStage", "Pipeline", Kind::root, nullptr},
    {"SasTokenStage", "SasTokenStage", Kind::stage, &make<SasTokenStage>},
    {"EnsureDesiredPropertiesStage", "EnsureDesiredPropertiesStage", Kind::stage,
     &make_configured<EnsureDesiredPropertiesStage>},
    {"TwinRequestResponseStage", "TwinRequestResponseStage", Kind::stage,
     &make<TwinRequestResponseStage>},
    {"CoordinateRequestAndResponseStage", "CoordinateRequestAndResponseStage", Kind::stage,
     &make<CoordinateRequestAndResponseStage>},
    {"IoTHubMQTTTranslationStage", "IotHubMqttTranslationStage", Kind::stage,
     &make_configured<IotHubMqttTranslationStage>},
    {"AutoConnectStage", "AutoConnectStage", Kind::stage, &make<AutoConnectStage>},
    {"ConnectionStateStage", "ConnectionRetryStage", Kind::stage, &make<ConnectionRetryStage>},
    {"RetryStage", "RetryStage", Kind::stage, &make<RetryStage>},
    {"OpTimeoutStage", "OpTimeoutStage", Kind::stage, &make<OpTimeoutStage>},
    {"MQTTTransportStage", "MqttTransportStage", Kind::last_stage, &make_transport_stage},
    {"IoTHubMQTTPipeline", "make_iothub_mqtt_pipeline", Kind::pipeline, nullptr},
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
