#include "provisioning/provisioning_pipeline.hpp"

#include <utility>

#include "pipeline/stages/auto_connect_stage.hpp"
#include "pipeline/stages/connection_retry_stage.hpp"
#include "pipeline/stages/coordinate_request_and_response_stage.hpp"
#include "pipeline/stages/mqtt_transport_stage.hpp"
#include "pipeline/stages/op_timeout_stage.hpp"
#include "pipeline/stages/retry_stage.hpp"
#include "pipeline/stages/sas_token_stage.hpp"
#include "provisioning/stages/polling_status_stage.hpp"
#include "provisioning/stages/provisioning_mqtt_translation_stage.hpp"
#include "provisioning/stages/registration_stage.hpp"

namespace azure::iot::device {

std::shared_ptr<Pipeline> make_provisioning_mqtt_pipeline(std::shared_ptr<EventLoop> loop,
                                                          PipelineConfig config,
                                                          ProvisioningConfig provisioning_config,
                                                          MqttTransportFactory make_transport,
                                                          Pipeline::EventSink on_event) {
  auto pipeline =
      std::make_shared<Pipeline>(std::move(loop), std::move(config), std::move(on_event));

  // Needs nothing from above; a registration may outlive a token. Idle where the credential is a
  // certificate.
  pipeline->append(std::make_unique<SasTokenStage>());
  // Leaves the polling to the stage below it.
  pipeline->append(std::make_unique<RegistrationStage>());
  // Makes requests, as does the stage above, so it stands above the stage that pairs them with
  // responses.
  pipeline->append(std::make_unique<PollingStatusStage>());
  // Sends requests by id and waits for responses by id; the next stage gives both their topics.
  pipeline->append(std::make_unique<CoordinateRequestAndResponseStage>());
  // The last stage that knows of the provisioning service: from here down there is only MQTT.
  pipeline->append(
      std::make_unique<ProvisioningMqttTranslationStage>(std::move(provisioning_config)));
  // From here on as for a hub: see make_iothub_mqtt_pipeline.
  pipeline->append(std::make_unique<AutoConnectStage>());
  pipeline->append(std::make_unique<ConnectionRetryStage>());
  pipeline->append(std::make_unique<RetryStage>());
  pipeline->append(std::make_unique<OpTimeoutStage>());
  pipeline->append(std::make_unique<MqttTransportStage>(std::move(make_transport)));
  return pipeline;
}

}  // namespace azure::iot::device
