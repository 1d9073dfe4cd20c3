#pragma once

#include <string>

#include "../../pipeline/error.hpp"

namespace azure::iot::device {

// What libmosquitto and the server say, as errors. What to do next is said by the exception that
// stands for them, to the user. (Python: paho_connack_rc_to_error, paho_rc_to_error.)

// The code with which a CONNACK refused.
Error connack_error(int code);

// A call that did nothing returned `rc`; `error_number` is errno after it. `what` names the call.
Error call_error(const std::string& what, int rc, int error_number);

// An established connection ended with `rc`.
Error drop_error(int rc, int error_number);

// Before there was a connection. `server` is "host:port"; `reason` is the OpenSSL reason that was
// logged last, 0 if none.
Error dial_error(const std::string& server, int rc, int error_number, unsigned long openssl_error);

}  // namespace azure::iot::device
