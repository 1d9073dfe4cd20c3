#pragma once

#include <memory>

#include "../../pipeline/auth/x509.hpp"
#include "../../pipeline/result.hpp"

struct evp_pkey_st;

namespace azure::iot::device {

struct FreePrivateKey {
  void operator()(evp_pkey_st* key) const;
};
using PrivateKey = std::unique_ptr<evp_pkey_st, FreePrivateKey>;

// Reads the key of a client certificate. Never prompts for a pass phrase. The error
// (Errc::bad_content) is derived from OpenSSL's report: a missing or wrong pass phrase, an
// unsupported encryption or algorithm, or a text that is damaged or no key. It contains no secret.
Result<PrivateKey> read_private_key(const X509& x509);

}  // namespace azure::iot::device
