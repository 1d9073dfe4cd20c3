#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "../../pipeline/json/json.hpp"

namespace azure::iot::device {

// The hub and device that the service assigned. A part that the service left out is empty.
struct RegistrationState {
  std::optional<std::string> device_id = {};
  std::optional<std::string> assigned_hub = {};
  std::optional<std::string> sub_status = {};  // Such as "initialAssignment".
  std::optional<std::string> created_date_time = {};
  std::optional<std::string> last_update_date_time = {};
  std::optional<std::string> etag = {};
  Json response_payload =
      {};  // The payload that a custom allocation policy of the service returned.

  bool operator==(const RegistrationState&) const = default;
};

// The outcome of a registration. (Python: RegistrationResult.)
struct RegistrationResult {
  std::optional<std::string> operation_id = {};
  std::string status = {};  // "assigned", or "failed" together with an error.
  std::optional<RegistrationState> registration_state = {};

  bool operator==(const RegistrationResult&) const = default;
};

// Reads the service's answer. `body` has to be an object whose "status" is a text. A part of
// another kind than expected is Errc::bad_content.
Result<RegistrationResult> read_registration_result(const Json& body);

}  // namespace azure::iot::device
