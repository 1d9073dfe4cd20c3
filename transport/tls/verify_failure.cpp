#include "transport/tls/verify_failure.hpp"

#include <openssl/x509_vfy.h>

#include "pipeline/text/utc_text.hpp"

namespace azure::iot::device {
namespace {

thread_local int last_failure = 0;

}  // namespace

int last_verify_failure() { return last_failure; }
void clear_verify_failure() { last_failure = 0; }

int note_verify_failure(int ok, x509_store_ctx_st* context) {
  // The first failure ends the verification, so no later one overwrites it.
  if (!ok) last_failure = X509_STORE_CTX_get_error(context);
  return ok;
}

Error verify_error(int code, const std::string& hostname, WallTime now) {
  const std::string reason = X509_verify_cert_error_string(code);
  switch (code) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return Error(Errc::tls_exchange_auth, "the server's certificate is not for " + hostname +
                                                ": " + reason +
                                                "; connect to the name that it is for");
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return Error(Errc::tls_exchange_auth,
                   "the server's certificate is not valid at this time: " + reason +
                       "; check this machine's clock, which says " + utc_text(now));
    default:
      return Error(Errc::tls_exchange_auth,
                   "the server's certificate is untrusted: " + reason +
                       "; pass the certificate of its authority as server_verification_cert");
  }
}

}  // namespace azure::iot::device
