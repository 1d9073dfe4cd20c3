#pragma once

#include "iothub/models/message.hpp"
#include "pipeline/json/json.hpp"
#include "provisioning/models/registration_result.hpp"

namespace azure::iot::device::conformance {

// Writes and reads a message as it stands in a trace: its data, and the members that are set.
Message to_message(const Json& fields);
Json describe_message(const Message& message);

// The same for the result of a registration.
RegistrationResult to_registration_result(const Json& fields);
Json describe_registration_result(const RegistrationResult& result);

}  // namespace azure::iot::device::conformance
