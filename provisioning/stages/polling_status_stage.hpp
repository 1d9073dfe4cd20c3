#pragma once

#include <string_view>

#include "../provisioning_operations.hpp"
#include "service_request_stage.hpp"

namespace azure::iot::device {

// Asks the service how far a registration is, and again after the pause that it wants, for as long
// as it says "assigning".
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
