#pragma once

#include <string_view>

#include "../provisioning_operations.hpp"
#include "service_request_stage.hpp"

namespace azure::iot::device {

// Sends the registration request. If the service answers "assigning", leaves the polling to
// PollingStatusStage, below. The first poll comes after kPollingInterval, whatever retry-after the
// service sent, as in Python.
class RegistrationStage final : public ServiceRequestStage<RegistrationStage, RegisterOperation> {
 public:
  std::string_view name() const override { return "RegistrationStage"; }

 private:
  friend class ServiceRequestStage<RegistrationStage, RegisterOperation>;

  Request request_for(const RegisterOperation& op) const;
  void on_assigning(Owned<RegisterOperation> op, const RequestAndResponseOperation& response);
  void poll(Owned<RegisterOperation> op);
};

}  // namespace azure::iot::device
