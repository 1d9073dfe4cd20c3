#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "pipeline/stages/coordinate_request_and_response_stage.hpp"
#include "provisioning/provisioning_operations.hpp"
#include "provisioning/provisioning_pipeline.hpp"
#include "provisioning/stages/polling_status_stage.hpp"
#include "provisioning/stages/provisioning_mqtt_translation_stage.hpp"
#include "provisioning/stages/registration_stage.hpp"
#include "support/test_pipeline.hpp"

namespace azure::iot::device::test {

inline const ProvisioningConfig kEnrolment{
    .registration_id = "reg1", .id_scope = "scope1", .user_agent = "agent"};

inline constexpr std::string_view kAssigning = R"({"operationId": "op1", "status": "assigning"})";
inline constexpr std::string_view kAssigned =
    R"({"operationId": "op1", "status": "assigned",
        "registrationState": {"deviceId": "dev1", "assignedHub": "hub1", "payload": {"a": 1}}})";

// The stages that register, above a far end that answers as the test says.
class RegistrationChain
    : public TestPipeline<RegistrationStage, PollingStatusStage, CoordinateRequestAndResponseStage,
                          ProvisioningMqttTranslationStage> {
 public:
  explicit RegistrationChain(PipelineConfig config = {})
      : TestPipeline(std::move(config), kEnrolment) {
    nucleus().make_request_id = [this] { return "rid-" + std::to_string(++requests); };
    run<ConnectOperation>();
  }

  auto begin_registration(Json payload = {}) {
    return run<RegisterOperation>(std::move(payload), "reg1");
  }
  // Answers the last request; `status` may bring properties along: "202", "429", "200".
  void answer(const std::string& status, std::string_view body = {},
              const std::string& retry_after = {}) {
    std::string topic =
        "$dps/registrations/res/" + status + "/?$rid=rid-" + std::to_string(requests);
    if (!retry_after.empty()) topic += "&retry-after=" + retry_after;
    transport.receive(topic, body);
    settle();
  }

  int requests = 0;
};

}  // namespace azure::iot::device::test
