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

// The key of a client certificate. Asks nobody for a pass phrase. The error (Errc::bad_content) is
// made of what OpenSSL reports: a pass phrase that is missing or wrong, an encryption or algorithm
// that it does not have, a text that is damaged or holds something else. It shows no secret.
Result<PrivateKey> read_private_key(const X509& x509);

}  // namespace azure::iot::device
