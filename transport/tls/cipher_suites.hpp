#pragma once

#include <string>

#include "../../pipeline/error.hpp"

struct ssl_ctx_st;

namespace azure::iot::device {

// Restricts a context to the suites of a list ("A:B", as the option `cipher` has it); an empty one
// changes nothing. TLS 1.3, or TLS 1.2, is not offered where no suite of it is named. An error
// (Errc::bad_content) if OpenSSL knows none of them, or if the suites that a connection would then
// offer are none, or one of them does not encrypt or does not authenticate the server.
Error use_cipher_suites(ssl_ctx_st* context, const std::string& list);

}  // namespace azure::iot::device
