#include "transport/tls/handshake_error.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace azure::iot::device {
namespace {

std::string openssl_text(unsigned long error) {
  const char* const text = ERR_reason_error_string(error);
  return text ? text : "OpenSSL reason " + std::to_string(ERR_GET_REASON(error));
}

// Whether the alert says that the server requires a client certificate, or another one.
bool refuses_our_certificate(int reason) {
  switch (reason) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED: return true;
    default: return false;
  }
}

}  // namespace

Error handshake_error(const std::string& server, unsigned long openssl_error) {
  if (openssl_error == 0) {
    return Error(Errc::connection_failed, "the TLS handshake with " + server + " broke off");
  }
  const int reason = ERR_GET_REASON(openssl_error);
  if (refuses_our_certificate(reason)) {
    return Error(Errc::unauthorized, server + " did not accept the client's certificate, or asks " +
                                         "for one: " + openssl_text(openssl_error));
  }
  if (reason == SSL_R_WRONG_VERSION_NUMBER) {
    return Error(Errc::connection_failed, "what answers at " + server + " does not speak TLS");
  }
  return Error(Errc::connection_failed,
               "the TLS handshake with " + server + " failed: " + openssl_text(openssl_error));
}

}  // namespace azure::iot::device
