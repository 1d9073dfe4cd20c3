#include "transport/tls/tls_context.hpp"

#include <doctest/doctest.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "tests/support/test_certificates.hpp"
#include "transport/resolver.hpp"
#include "transport/tls/certificates.hpp"
#include "transport/tls/verify_failure.hpp"

using namespace azure::iot::device;

namespace {

bool says(const Error& error, const std::string& text) {
  return error.detail().find(text) != std::string::npos;
}

// Loads fast, unlike the system's trust store.
const std::string& ca() {
  static const std::string made = test::make_server_certificate().ca;
  return made;
}

}  // namespace

TEST_CASE("read_certificates: a text without a certificate says what was expected") {
  for (const char* const text : {"", "/etc/ssl/ca.pem", "-----BEGIN PRIVATE KEY-----\n"}) {
    const auto certificates = read_certificates(text, "server_verification_cert");
    REQUIRE_FALSE(certificates);
    CHECK(certificates.error().code() == Errc::bad_content);
    CHECK(says(certificates.error(), "server_verification_cert"));
  }
}

TEST_CASE("read_certificates: a damaged certificate is named by its place") {
  const auto certificates = read_certificates(
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "server_verification_cert");
  REQUIRE_FALSE(certificates);
  CHECK(says(certificates.error(), "number 1"));
}

TEST_CASE("read_certificates: all of a text are read, in order, and no pass phrase is asked for") {
  const auto one = test::make_server_certificate();
  const auto other = test::make_server_certificate();
  const auto certificates =
      read_certificates("a comment\n" + one.ca + other.ca + one.certificate, "x");
  REQUIRE(certificates);
  CHECK(certificates->size() == 3);
  const auto damaged = read_certificates(
      one.ca + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "x");
  REQUIRE_FALSE(damaged);
  CHECK(says(damaged.error(), "number 2"));
}

TEST_CASE("TlsContext: those who ask for the same share one") {
  const auto first = TlsContext::get({"hub.example", ca()});
  const auto second = TlsContext::get({"hub.example", ca()});
  const auto other = TlsContext::get({"other.example", ca()});
  REQUIRE(first);
  REQUIRE(second);
  REQUIRE(other);
  CHECK(*first == *second);
  CHECK(*first != *other);
}

TEST_CASE("TlsContext: what differs in any setting is not shared, nor is one with a certificate") {
  const auto own = test::make_server_certificate();
  const TlsSettings settings{"hub.example", own.ca};
  const auto plain = TlsContext::get(settings);
  REQUIRE(plain);
  const auto of_suites = TlsContext::get({"hub.example", own.ca, "ECDHE-RSA-AES128-GCM-SHA256"});
  const auto of_another_ca = TlsContext::get({"hub.example", ca()});
  const auto with_certificate =
      TlsContext::create(settings, {.certificate = own.certificate, .key = own.key});
  for (const auto* other : {&of_suites, &of_another_ca, &with_certificate}) {
    REQUIRE(*other);
    CHECK(**other != *plain);
  }
  const auto again = TlsContext::create(settings, {.certificate = own.certificate, .key = own.key});
  CHECK(*again != *with_certificate);
}

TEST_CASE("TlsContext: nobody keeps one that nobody uses") {
  std::weak_ptr<TlsContext> watched;
  {
    const auto context = TlsContext::get({"short-lived.example", ca()});
    watched = *context;
  }
  CHECK(watched.expired());
  CHECK(TlsContext::get({"short-lived.example", ca()}));
}

TEST_CASE("TlsContext: settings that cannot be used are an error each time") {
  for (int i = 0; i < 2; ++i) {
    CHECK_FALSE(TlsContext::get({"hub.example", "no certificate"}));
    CHECK_FALSE(TlsContext::get({"hub.example", ca(), "BOGUS"}));
    CHECK_FALSE(TlsContext::create({"hub.example", ca()}, {.certificate = "none", .key = "none"}));
  }
}

TEST_CASE(
    "TlsContext: it offers TLS 1.2 at the least, and neither compression nor new handshakes") {
  const auto context = TlsContext::get({"hub.example", ca()});
  REQUIRE(context);
  SSL_CTX* const native = (*context)->native();
  CHECK(SSL_CTX_get_min_proto_version(native) == TLS1_2_VERSION);
  CHECK((SSL_CTX_get_options(native) & SSL_OP_NO_COMPRESSION) != 0);
  CHECK((SSL_CTX_get_options(native) & SSL_OP_NO_RENEGOTIATION) != 0);
  CHECK((SSL_CTX_get_verify_mode(native) & SSL_VERIFY_PEER) != 0);
  // An idle connection needs no buffers, and one call reads everything that has arrived.
  CHECK((SSL_CTX_get_mode(native) & SSL_MODE_RELEASE_BUFFERS) != 0);
  CHECK(SSL_CTX_get_read_ahead(native) == 1);
  // Sessions are stored here, one for each host, instead of in OpenSSL's cache.
  CHECK(SSL_CTX_get_session_cache_mode(native) ==
        (SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL));
}

TEST_CASE("TlsContext: a name is told to the server, an address is not") {
  CHECK(std::string((*TlsContext::get({"hub.example", ca()}))->server_name()) == "hub.example");
  CHECK((*TlsContext::get({"192.0.2.1", ca()}))->server_name() == nullptr);
  CHECK((*TlsContext::get({"2001:db8::1", ca()}))->server_name() == nullptr);
}

TEST_CASE("verify_error: each reason says what to do") {
  const WallTime now{std::chrono::seconds{1'700'000'000}};
  const Error untrusted = verify_error(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "hub", now);
  CHECK(untrusted.code() == Errc::tls_exchange_auth);
  CHECK(says(untrusted, "unable to get local issuer certificate"));
  CHECK(says(untrusted, "server_verification_cert"));
  CHECK(says(verify_error(X509_V_ERR_HOSTNAME_MISMATCH, "hub", now), "not for hub"));
  CHECK(says(verify_error(X509_V_ERR_IP_ADDRESS_MISMATCH, "10.0.0.1", now), "not for 10.0.0.1"));
  CHECK(says(verify_error(X509_V_ERR_CERT_NOT_YET_VALID, "hub", now), "clock"));
  CHECK_FALSE(says(verify_error(X509_V_ERR_CERT_REVOKED, "hub", now), "clock"));
  const Error expired = verify_error(X509_V_ERR_CERT_HAS_EXPIRED, "hub", now);
  CHECK(says(expired, "clock"));
  CHECK(says(expired, "2023-11-14 22:13:20"));
}

TEST_CASE("is_ip_address: tells addresses from names") {
  CHECK(is_ip_address("127.0.0.1"));
  CHECK(is_ip_address("::1"));
  CHECK_FALSE(is_ip_address("localhost"));
  CHECK_FALSE(is_ip_address("1.2.3"));
}
