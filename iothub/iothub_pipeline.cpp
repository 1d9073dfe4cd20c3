#include "iothub/iothub_pipeline.hpp"

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

namespace azure::iot::device {

std::shared_ptr<Pipeline> make_iothub_mqtt_pipeline(std::shared_ptr<EventLoop> loop,
                                                    PipelineConfig config, IotHubConfig hub_config,
                                                    MqttTransportFactory make_transport,
                                                    Pipeline::EventSink on_event) {
  auto pipeline =
      std::make_shared<Pipeline>(std::move(loop), std::move(config), std::move(on_event));

  // Needs nothing from above. At the top it sees the application's requests to reauthorize and shut
  // down.
  pipeline->append(std::make_unique<SasTokenStage>());
  // Reads twins, so it is above the stage that handles twin operations.
  pipeline->append(std::make_unique<EnsureDesiredPropertiesStage>(hub_config));
  // Turns twin operations into requests, so it is above the stage that pairs requests with
  // responses.
  pipeline->append(std::make_unique<TwinRequestResponseStage>());
  // Pairs requests with responses by id, so it is above the stage that maps both to topics.
  pipeline->append(std::make_unique<CoordinateRequestAndResponseStage>());
  // The lowest stage that knows IoT Hub: below it there is only MQTT.
  pipeline->append(std::make_unique<IotHubMqttTranslationStage>(hub_config));
  // Only MQTT operations need a connection, so it is below the translation.
  pipeline->append(std::make_unique<AutoConnectStage>());
  // Serializes the changes of the connection, so it is below every stage that connects.
  pipeline->append(std::make_unique<ConnectionRetryStage>());
  // Retries single MQTT operations on an established connection.
  pipeline->append(std::make_unique<RetryStage>());
  // Produces the timeouts that the stage above retries.
  pipeline->append(std::make_unique<OpTimeoutStage>());
  // Turns operations into packets.
  pipeline->append(std::make_unique<MqttTransportStage>(std::move(make_transport)));
  return pipeline;
}

}  // namespace azure::iot::device
