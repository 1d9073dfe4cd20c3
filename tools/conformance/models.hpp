#pragma once

#include "iothub/models/message.hpp"
#include "pipeline/json/json.hpp"

namespace azure::iot::device::conformance {

// A message as it stands in a trace: its data, and what else is set.
Message to_message(const Json& fields);
Json describe_message(const Message& message);

}  // namespace azure::iot::device::conformance
