#pragma once

#include <string>

#include "../../pipeline/error.hpp"
#include "../../pipeline/mqtt_answers.hpp"

namespace azure::iot::device {

// What libmosquitto and the server say, as errors. What to do next is said by the exception that
// stands for them, to the user. (Python: paho_rc_to_error.) A server's refusals are those of
// pipeline/mqtt_answers.hpp.

// A call that did nothing returned `rc`; `error_number` is errno after it. `what` names the call.
Error call_error(const std::string& what, int rc, int error_number);

// An established connection ended with `rc`.
Error drop_error(int rc, int error_number);

// Before there was a connection. `server` is "host:port"; `reason` is the OpenSSL reason that was
// logged last, 0 if none.
Error dial_error(const std::string& server, int rc, int error_number, unsigned long openssl_error);

}  // namespace azure::iot::device
