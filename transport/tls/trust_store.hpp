#pragma once

#include <memory>
#include <string>

#include "../../pipeline/result.hpp"

struct x509_store_st;

namespace azure::iot::device {

using TrustStore = std::shared_ptr<x509_store_st>;

// The certificates of a PEM text as OpenSSL wants those that are trusted; an empty text stands for
// the system's. A text is parsed once: whoever asks for the same one shares the store while
// somebody holds it, since a bundle costs a megabyte and tens of milliseconds. Any thread.
Result<TrustStore> trust_store(const std::string& server_verification_cert);

}  // namespace azure::iot::device
