#include "transport/tls/client_certificate.hpp"

#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include "tests/support/test_certificates.hpp"

namespace azure::iot::device {
namespace {

const std::string kPassPhrase = "a fake pass phrase";

const test::ServerCertificate& own() {
  static const test::ServerCertificate made = test::make_server_certificate();
  return made;
}

struct Context {
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> native{SSL_CTX_new(TLS_client_method()),
                                                           &SSL_CTX_free};
};

// The reason why it is not used; empty if it is.
std::string refusal(std::string certificate, std::string key, std::string pass_phrase = {}) {
  const Context context;
  const Error error = use_client_certificate(
      context.native.get(), {std::move(certificate), std::move(key), std::move(pass_phrase)});
  CHECK((!error || error.code() == Errc::bad_content));
  return error.detail();
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Client certificate: a pair is used, with the chain behind it") {
  const Context context;
  X509 x509;
  x509.certificate = own().certificate + own().ca;
  x509.key = own().key;
  CHECK_FALSE(use_client_certificate(context.native.get(), x509));
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(context.native.get(), &chain);
  CHECK(sk_X509_num(chain) == 1);
  CHECK(SSL_CTX_check_private_key(context.native.get()) == 1);
}

TEST_CASE("Client certificate: an encrypted key needs its pass phrase, a plain one ignores it") {
  const std::string encrypted = test::encrypt_key(own().key, kPassPhrase);
  CHECK(refusal(own().certificate, encrypted, kPassPhrase) == "");
  CHECK(refusal(own().certificate, own().key, kPassPhrase) == "");
  CHECK(contains(refusal(own().certificate, encrypted), "encrypted, and there is no pass_phrase"));
  CHECK(contains(refusal(own().certificate, encrypted, "wrong"), "pass_phrase is not the one"));
  // Longer than any buffer of OpenSSL.
  CHECK(contains(refusal(own().certificate, encrypted, std::string(5000, 'x')), "pass_phrase"));
}

TEST_CASE("Client certificate: what does not fit is named, and no secret is shown") {
  const auto other = test::make_server_certificate();
  CHECK(contains(refusal(own().certificate, other.key), "does not belong to the certificate"));
  CHECK(contains(refusal(own().certificate, ""), "the key is missing"));
  CHECK(contains(refusal("", own().key), "the certificate"));
  const std::string damaged = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
  const std::string text = refusal(own().certificate, damaged);
  CHECK(contains(text, "the key cannot be read"));
  CHECK_FALSE(contains(text, "c2VjcmV0"));
  CHECK_FALSE(contains(refusal(own().certificate, damaged, kPassPhrase), kPassPhrase));
}

TEST_CASE("Client certificate: a key of another kind, or a curve that is spelt out, is named") {
  const test::TestCa authority;
  const auto rsa = authority.issue({.key = "RSA"});
  CHECK(contains(refusal(own().certificate, rsa.key), "one is EC and the other RSA"));
  const auto named = authority.issue();
  CHECK(refusal(named.certificate, named.key) == "");
  const auto spelt_out = authority.issue({.key = "P-256, explicit"});
  CHECK(contains(refusal(spelt_out.certificate, spelt_out.key),
                 "spells out the parameters of its curve"));
  // Only the certificate is sent to the server.
  CHECK(refusal(named.certificate, test::spell_out_curve(named.key)) == "");
}

}  // namespace azure::iot::device
