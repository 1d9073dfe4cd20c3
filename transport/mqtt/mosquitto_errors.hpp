#pragma once

#include <string>

#include "../../pipeline/error.hpp"
#include "../../pipeline/mqtt_answers.hpp"

namespace azure::iot::device {

// Converts failures of libmosquitto and the server to errors. The advice to the user is part of the
// exception for each code. (Python: paho_rc_to_error.) Refusals by the server are converted in
// pipeline/mqtt_answers.hpp.

// A call had no effect and returned `rc`. `error_number` is errno after the call. `what` names the
// call.
Error call_error(const std::string& what, int rc, int error_number);

// An established connection ended with `rc`.
Error drop_error(int rc, int error_number);

// A connect failed before there was a connection. `server` is "host:port". `reason` is the last
// OpenSSL reason that was logged; 0 if none.
Error dial_error(const std::string& server, int rc, int error_number, unsigned long openssl_error);

}  // namespace azure::iot::device
