#pragma once

#include "../../pipeline/error.hpp"
#include "../../pipeline/pipeline_config.hpp"

struct ssl_ctx_st;

namespace azure::iot::device {

// Makes a context present a certificate, with the chain that follows it in its text, and prove it
// with its key. Both are PEM texts. Never prompts for a pass phrase. The error (Errc::bad_content)
// says whether the certificate, the key or the pass phrase is wrong, and contains none of them.
Error use_client_certificate(ssl_ctx_st* context, const X509& x509);

}  // namespace azure::iot::device
