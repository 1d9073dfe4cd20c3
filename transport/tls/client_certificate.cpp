#include "transport/tls/client_certificate.hpp"

#include <algorithm>
#include <climits>
#include <cstring>
#include <memory>
#include <string>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "pipeline/auth/wipe.hpp"
#include "transport/tls/certificates.hpp"

namespace azure::iot::device {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Error refusal(const std::string& what) { return Error(Errc::bad_content, "x509: " + what); }

// Gives OpenSSL the pass phrase that it asks for, and knows then that it has.
struct PassPhrase {
  const std::string& text;
  bool asked = false;

  static int give(char* to, int size, int, void* self) {
    auto& pass_phrase = *static_cast<PassPhrase*>(self);
    pass_phrase.asked = true;
    const std::string& text = pass_phrase.text;
    if (text.empty() || text.size() > static_cast<std::size_t>(size)) return -1;
    std::memcpy(to, text.data(), text.size());
    return static_cast<int>(text.size());
  }
};

Error read_key(const X509& x509, Key& key) {
  if (x509.key.empty()) return refusal("the key is missing");
  if (x509.key.size() > INT_MAX) return refusal("the key is too long");
  const std::unique_ptr<BIO, decltype(&BIO_free)> source(
      BIO_new_mem_buf(x509.key.data(), static_cast<int>(x509.key.size())), &BIO_free);
  PassPhrase pass_phrase{x509.pass_phrase};
  ERR_clear_error();
  key.reset(PEM_read_bio_PrivateKey(source.get(), nullptr, PassPhrase::give, &pass_phrase));
  wipe_stack();  // OpenSSL 3.0 leaves the pass phrase there.
  ERR_clear_error();
  if (key) return {};
  if (!pass_phrase.asked) {
    return refusal(
        "the key cannot be read; it must be a private key as PEM text, which begins with "
        "-----BEGIN, or the name of a file with one");
  }
  return refusal(x509.pass_phrase.empty() ? "the key is encrypted, and there is no pass_phrase"
                                          : "the key cannot be decrypted: the pass_phrase is not "
                                            "the one with which it was encrypted");
}

}  // namespace

Error use_client_certificate(ssl_ctx_st* context, const X509& x509) {
  auto chain = read_certificates(x509.certificate, "x509: the certificate");
  if (!chain) return chain.error();
  Key key(nullptr, &EVP_PKEY_free);
  if (Error error = read_key(x509, key)) return error;

  // The first is the device's own; what follows vouches for it.
  const Certificate own = std::move(chain->front());
  chain->erase(chain->begin());
  if (X509_check_private_key(own.get(), key.get()) != 1) {
    ERR_clear_error();
    return refusal("the key does not belong to the certificate (the first one of its text)");
  }
  bool used = SSL_CTX_use_certificate(context, own.get()) == 1 &&
              SSL_CTX_use_PrivateKey(context, key.get()) == 1;
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
