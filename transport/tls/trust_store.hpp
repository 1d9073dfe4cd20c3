#pragma once

#include <memory>
#include <string>

#include "../../pipeline/result.hpp"

struct x509_store_st;

namespace azure::iot::device {

using TrustStore = std::shared_ptr<x509_store_st>;

// Returns the certificates of a PEM text as a trust store of OpenSSL. An empty text means the
// system's trust store. A bundle costs a megabyte and tens of milliseconds to parse, so callers
// with the same text share one store while it is in use. Any thread.
Result<TrustStore> trust_store(const std::string& server_verification_cert);

}  // namespace azure::iot::device
