#pragma once

#include <string>

#include "../../pipeline/error.hpp"

struct ssl_ctx_st;

namespace azure::iot::device {

// Restricts a context to the suites of a list ("A:B", as in the option `cipher`). An empty list
// changes nothing. TLS 1.3 or TLS 1.2 is disabled if the list names none of its suites. Returns an
// error (Errc::bad_content) if OpenSSL knows none of the suites, or if a connection would then
// offer none. It is also an error if an offered suite does not encrypt, or does not authenticate
// the server.
Error use_cipher_suites(ssl_ctx_st* context, const std::string& list);

}  // namespace azure::iot::device
