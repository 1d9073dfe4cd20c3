#pragma once

#include "iothub/models/message.hpp"
#include "pipeline/json/json.hpp"
#include "provisioning/models/registration_result.hpp"

namespace azure::iot::device::conformance {

// A message as it stands in a trace: its data, and what else is set.
Message to_message(const Json& fields);
Json describe_message(const Message& message);

// The same of how a registration ended.
RegistrationResult to_registration_result(const Json& fields);
Json describe_registration_result(const RegistrationResult& result);

}  // namespace azure::iot::device::conformance
