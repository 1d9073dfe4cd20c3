#pragma once

#include <memory>

#include "../pipeline/mqtt_transport.hpp"
#include "../pipeline/pipeline.hpp"
#include "provisioning_config.hpp"

namespace azure::iot::device {

// The chain of a provisioning client that speaks MQTT, in its only order. (Python: the constructor
// of the provisioning MQTTPipeline.)
std::shared_ptr<Pipeline> make_provisioning_mqtt_pipeline(std::shared_ptr<EventLoop> loop,
                                                          PipelineConfig config,
                                                          ProvisioningConfig provisioning_config,
                                                          MqttTransportFactory make_transport,
                                                          Pipeline::EventSink on_event);

}  // namespace azure::iot::device
