#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "../pipeline/json/json.hpp"
#include "../pipeline/operation.hpp"
#include "models/registration_result.hpp"

namespace azure::iot::device {

// Asks the service for a hub, and waits for its decision.
struct RegisterOperation : OperationOf<RegisterOperation> {
  static constexpr std::string_view kName = "RegisterOperation";
  RegisterOperation(Json request_payload_, std::string registration_id_)
      : request_payload(std::move(request_payload_)),
        registration_id(std::move(registration_id_)) {}
  Json request_payload;  // For a custom allocation policy of the service; null: none.
  std::string registration_id;
  // Set on success, and where the service says that the registration failed.
  std::optional<RegistrationResult> registration_result;
};

// Polls the status of a registration until the service has decided it.
struct PollStatusOperation : OperationOf<PollStatusOperation> {
  static constexpr std::string_view kName = "PollStatusOperation";
  PollStatusOperation(std::optional<std::string> operation_id_, std::string request_payload_)
      : operation_id(std::move(operation_id_)), request_payload(std::move(request_payload_)) {}
  std::optional<std::string> operation_id;  // As the service returned it, if it did.
  std::string request_payload;
  // As in RegisterOperation.
  std::optional<RegistrationResult> registration_result;
};

}  // namespace azure::iot::device
