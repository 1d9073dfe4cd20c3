#pragma once

#include "../../pipeline/auth/x509.hpp"
#include "../../pipeline/loop/time.hpp"

namespace azure::iot::device::detail {

// Reads a client certificate: replaces the names of files by their contents, and checks it as far
// as possible without using it. Both parts must be present, and the certificate must be valid at
// this time. Throws std::invalid_argument, which names the part and the rule, and shows none of the
// contents.
X509 read_own_certificate(const X509& given, WallTime now);

}  // namespace azure::iot::device::detail
