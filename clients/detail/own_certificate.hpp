#pragma once

#include "../../pipeline/auth/x509.hpp"
#include "../../pipeline/loop/time.hpp"

namespace azure::iot::device::detail {

// A client certificate with its texts in the place of the names of files, checked as far as can be
// without using it: that both are there, and that the certificate is valid at this time. Throws
// std::invalid_argument, which names the part and the rule, and shows none of them.
X509 read_own_certificate(const X509& given, WallTime now);

}  // namespace azure::iot::device::detail
