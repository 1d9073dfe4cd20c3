#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "iothub/stages/ensure_desired_properties_stage.hpp"
#include "iothub/stages/iothub_mqtt_translation_stage.hpp"
#include "iothub/stages/twin_request_response_stage.hpp"
#include "pipeline/stages/connection_retry_stage.hpp"
#include "pipeline/stages/coordinate_request_and_response_stage.hpp"
#include "support/test_hub_pipeline.hpp"

namespace azure::iot::device::test {

using namespace std::chrono_literals;

inline constexpr Duration kTimeout = 4min;

// A device with twin patches enabled, and no connection yet.
struct EnsurePipeline : TestHubPipeline<EnsureDesiredPropertiesStage, TwinRequestResponseStage,
                                        CoordinateRequestAndResponseStage,
                                        IotHubMqttTranslationStage, ConnectionRetryStage> {
  explicit EnsurePipeline(const IotHubConfig& hub = kDevice)
      : TestHubPipeline({.operation_timeout = kTimeout}, hub) {
    run<EnableFeatureOperation>(std::string(feature::kTwinPatches));
  }
  // Connects, or reconnects.
  void reconnect() {
    run<DisconnectOperation>();
    run<ConnectOperation>();
  }
  void patch(int version) {
    const std::string text = std::to_string(version);
    receive("$iothub/twin/PATCH/properties/desired/?$version=" + text,
            R"({"$version": )" + text + "}");
  }
  // The versions that were sent up.
  std::vector<int> versions() const {
    std::vector<int> found;
    for (const Json& json : received.patches) {
      found.push_back(json["$version"].get_if<int>().value_or(-1));
    }
    return found;
  }
};

}  // namespace azure::iot::device::test
