#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "iothub/iothub_config.hpp"
#include "pipeline/mqtt_transport.hpp"
#include "pipeline/pipeline.hpp"
#include "provisioning/provisioning_config.hpp"

namespace azure::iot::device::conformance {

// The configuration of the service for a chain; its stages know which of the two it is.
struct ServiceConfig {
  IotHubConfig hub;
  ProvisioningConfig provisioning;
};

// A stage or chain of which traces are recorded, and how its counterpart here is built.
struct Subject {
  enum class Kind {
    stage,       // Between a recording neighbour above and one below.
    root,        // Nothing above; a recording neighbour below.
    last_stage,  // A recording neighbour above; below it a transport.
    pipeline,    // Everything; below it a transport.
  };

  std::string_view recorded_name;
  std::string_view name;  // The name here.
  Kind kind;
  // The stage; null for the root and for a pipeline.
  std::unique_ptr<Stage> (*make_stage)(const ServiceConfig& config,
                                       MqttTransportFactory make_transport);
  // The pipeline; null for anything else.
  std::shared_ptr<Pipeline> (*make_pipeline)(std::shared_ptr<EventLoop> loop, PipelineConfig config,
                                             const ServiceConfig& service_config,
                                             MqttTransportFactory make_transport,
                                             Pipeline::EventSink on_event);

  bool has_transport() const { return kind == Kind::last_stage || kind == Kind::pipeline; }
  // Whether completions and handlers run on a thread of their own, after the work at hand.
  bool has_callback_thread() const { return kind == Kind::root || kind == Kind::pipeline; }
};

// All subjects that are replayed.
std::span<const Subject> subjects();
// Finds a subject by either name; null if traces of it are skipped.
const Subject* find_subject(std::string_view name);

}  // namespace azure::iot::device::conformance
