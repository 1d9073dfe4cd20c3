#pragma once

#include <string>

#include "../../pipeline/error.hpp"

namespace azure::iot::device {

// Why a TLS handshake with a server ("host:port") failed that was not about its certificate.
// `openssl_error` is what OpenSSL said of it; 0 if nothing.
Error handshake_error(const std::string& server, unsigned long openssl_error);

}  // namespace azure::iot::device
