#pragma once

#include <string>

#include "../../pipeline/error.hpp"
#include "../../pipeline/loop/time.hpp"

struct x509_store_ctx_st;

namespace azure::iot::device {

// Why the last verification of a certificate on this thread failed, as an X509_V_ERR code; 0 if
// none has since it was cleared. To be read like errno: at once after the call that failed.
int last_verify_failure();
void clear_verify_failure();

// The callback of SSL_CTX_set_verify that notes it.
int note_verify_failure(int ok, x509_store_ctx_st* context);

// What that means for whoever wanted to reach `hostname`, and what to do. `now` is the time of day
// that the certificate was held against.
Error verify_error(int code, const std::string& hostname, WallTime now);

}  // namespace azure::iot::device
