#pragma once

#include <string_view>

#include "../provisioning_operations.hpp"
#include "service_request_stage.hpp"

namespace azure::iot::device {

// Polls the status of a registration, with the pauses that the service asks for, for as long as it
// answers "assigning".
class PollingStatusStage final
    : public ServiceRequestStage<PollingStatusStage, PollStatusOperation> {
 public:
  std::string_view name() const override { return "PollingStatusStage"; }

 private:
  friend class ServiceRequestStage<PollingStatusStage, PollStatusOperation>;

  Request request_for(const PollStatusOperation& op) const;
  void on_assigning(Owned<PollStatusOperation> op, const RequestAndResponseOperation& response);
};

}  // namespace azure::iot::device
