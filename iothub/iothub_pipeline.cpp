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

  // Needs nothing from above; at the top it sees what the user asks of the connection.
  pipeline->append(std::make_unique<SasTokenStage>());
  // Reads twins, so it stands above the stage that knows how.
  pipeline->append(std::make_unique<EnsureDesiredPropertiesStage>(hub_config));
  // Makes requests of twin operations, so it stands above the stage that pairs them with responses.
  pipeline->append(std::make_unique<TwinRequestResponseStage>());
  // Sends requests by id and waits for responses by id; the next stage gives both their topics.
  pipeline->append(std::make_unique<CoordinateRequestAndResponseStage>());
  // The last that knows of a hub: from here down there is only MQTT.
  pipeline->append(std::make_unique<IotHubMqttTranslationStage>(hub_config));
  // Only MQTT operations need a connection, so it stands below the translation.
  pipeline->append(std::make_unique<AutoConnectStage>());
  // Below whatever connects, since it lets one change of the connection happen at a time.
  pipeline->append(std::make_unique<ConnectionRetryStage>());
  // Retries MQTT operations, one by one, while the connection stands.
  pipeline->append(std::make_unique<RetryStage>());
  // Makes the timeouts that the stage above retries.
  pipeline->append(std::make_unique<OpTimeoutStage>());
  // Where operations become packets.
  pipeline->append(std::make_unique<MqttTransportStage>(std::move(make_transport)));
  return pipeline;
}

}  // namespace azure::iot::device
