#pragma once

#include <string>

#include "../../pipeline/error.hpp"

namespace azure::iot::device {

// The reason why a TLS handshake with a server ("host:port") failed, other than a problem with the
// server's certificate. `openssl_error` is the error that OpenSSL reported; 0 if none.
Error handshake_error(const std::string& server, unsigned long openssl_error);

}  // namespace azure::iot::device
