#pragma once

#include <string>

#include "../../pipeline/error.hpp"
#include "../../pipeline/loop/time.hpp"

struct x509_store_ctx_st;

namespace azure::iot::device {

// The reason why the last verification of a certificate on this thread failed, as an X509_V_ERR
// code. 0 if none has failed since it was cleared. Read it like errno, directly after the call that
// failed.
int last_verify_failure();
void clear_verify_failure();

// The callback for SSL_CTX_set_verify that records the failure.
int note_verify_failure(int ok, x509_store_ctx_st* context);

// Explains a verification failure to a user who wanted to reach `hostname`, and says what to do.
// `now` is the time of day that the certificate was checked against.
Error verify_error(int code, const std::string& hostname, WallTime now);

}  // namespace azure::iot::device
