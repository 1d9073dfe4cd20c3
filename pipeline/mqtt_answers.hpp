#pragma once

#include <string_view>

#include "error.hpp"

namespace azure::iot::device {

// Errors for the refusals of an MQTT server, shared by transports and the test kit's simulated
// server.

// The error for the return code of a refusing CONNACK. (Python: paho_connack_rc_to_error.)
Error connack_error(int code);

// The error for a SUBACK with 0x80.
Error suback_error(std::string_view topic);

}  // namespace azure::iot::device
