#include "transport/tls/client_certificate.hpp"

#include <string>
#include <string_view>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509err.h>

#include "transport/tls/certificates.hpp"
#include "transport/tls/private_key.hpp"

namespace azure::iot::device {
namespace {

Error refusal(const std::string& what) { return Error(Errc::bad_content, "x509: " + what); }

// Whether the certificate spells out its curve. RFC 5480 requires a named curve, and servers reject
// certificates without one.
bool spells_out_curve(const x509_st* certificate) {
  char encoding[32] = {};
  std::size_t length = 0;
  const EVP_PKEY* const key = X509_get0_pubkey(certificate);
  return key &&
         EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, encoding, sizeof encoding,
                                        &length) == 1 &&
         std::string_view(encoding) == OSSL_PKEY_EC_ENCODING_EXPLICIT;
}

Error mismatch() {
  const int reason = ERR_GET_REASON(ERR_peek_last_error());
  ERR_clear_error();
  return refusal(reason == X509_R_KEY_TYPE_MISMATCH
                     ? "the key does not belong to the certificate (the first one of its text): "
                       "one is EC and the other RSA, or the like"
                     : "the key does not belong to the certificate (the first one of its text)");
}

}  // namespace

Error use_client_certificate(ssl_ctx_st* context, const X509& x509) {
  auto chain = read_certificates(x509.certificate, "x509: the certificate");
  if (!chain) return chain.error();
  const auto key = read_private_key(x509);
  if (!key) return key.error();

  // The first certificate is the device's own; the others are its chain.
  const Certificate own = std::move(chain->front());
  chain->erase(chain->begin());
  if (X509_check_private_key(own.get(), key->get()) != 1) return mismatch();
  if (spells_out_curve(own.get())) {
    return refusal(
        "the certificate spells out the parameters of its curve, which TLS does not allow; make it "
        "for a key of 'openssl ec -param_enc named_curve'");
  }
  bool used = SSL_CTX_use_certificate(context, own.get()) == 1 &&
              SSL_CTX_use_PrivateKey(context, key->get()) == 1;
  for (const Certificate& issuer : *chain) {
    used = used && SSL_CTX_add1_chain_cert(context, issuer.get()) == 1;
  }
  if (used) return {};
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return refusal("OpenSSL does not use the certificate: " +
                 std::string(reason ? reason : "no reason is known"));
}

}  // namespace azure::iot::device
