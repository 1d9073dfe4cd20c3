#pragma once

#include "../../pipeline/error.hpp"
#include "../../pipeline/pipeline_config.hpp"

struct ssl_ctx_st;

namespace azure::iot::device {

// Has a context present a certificate, with the chain that stands behind it in its text, and prove
// it with its key; both are PEM texts. Asks nobody for a pass phrase. An error (Errc::bad_content)
// names what is wrong, the certificate, the key or the pass phrase, and shows none of them.
Error use_client_certificate(ssl_ctx_st* context, const X509& x509);

}  // namespace azure::iot::device
