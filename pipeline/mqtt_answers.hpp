#pragma once

#include <string_view>

#include "error.hpp"

namespace azure::iot::device {

// The refusals of an MQTT server, as errors: those of a transport, and of the test kit's far end.

// The code with which a CONNACK refused. (Python: paho_connack_rc_to_error.)
Error connack_error(int code);

// A SUBACK with 0x80.
Error suback_error(std::string_view topic);

}  // namespace azure::iot::device
