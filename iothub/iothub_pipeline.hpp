#pragma once

#include <memory>

#include "../pipeline/mqtt_transport.hpp"
#include "../pipeline/pipeline.hpp"
#include "iothub_config.hpp"

namespace azure::iot::device {

// Creates the chain of a hub client over MQTT, ready for its InitializePipelineOperation.
// `on_event` receives ConnectedEvent, DisconnectedEvent, NewSasTokenRequiredEvent,
// BackgroundExceptionEvent and the events of iothub_events.hpp.
std::shared_ptr<Pipeline> make_iothub_mqtt_pipeline(std::shared_ptr<EventLoop> loop,
                                                    PipelineConfig config, IotHubConfig hub_config,
                                                    MqttTransportFactory make_transport,
                                                    Pipeline::EventSink on_event);

}  // namespace azure::iot::device
