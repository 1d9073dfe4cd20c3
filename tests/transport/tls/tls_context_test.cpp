#include "transport/tls/tls_context.hpp"

#include <doctest/doctest.h>
#include <openssl/x509_vfy.h>

#include "transport/resolver.hpp"
#include "transport/tls/certificates.hpp"
#include "transport/tls/verify_failure.hpp"

using namespace azure::iot::device;

namespace {

bool says(const Error& error, const std::string& text) {
  return error.detail().find(text) != std::string::npos;
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

TEST_CASE("TlsContext: those who ask for the same share one") {
  const auto first = TlsContext::get({"hub.example", ""});
  const auto second = TlsContext::get({"hub.example", ""});
  const auto other = TlsContext::get({"other.example", ""});
  REQUIRE(first);
  REQUIRE(second);
  REQUIRE(other);
  CHECK(*first == *second);
  CHECK(*first != *other);
}

TEST_CASE("TlsContext: a name is told to the server, an address is not") {
  CHECK(std::string((*TlsContext::get({"hub.example", ""}))->server_name()) == "hub.example");
  CHECK((*TlsContext::get({"192.0.2.1", ""}))->server_name() == nullptr);
  CHECK((*TlsContext::get({"2001:db8::1", ""}))->server_name() == nullptr);
}

TEST_CASE("verify_error: each reason says what to do") {
  const WallTime now{std::chrono::seconds{1'700'000'000}};
  const Error untrusted = verify_error(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "hub", now);
  CHECK(untrusted.code() == Errc::tls_exchange_auth);
  CHECK(says(untrusted, "unable to get local issuer certificate"));
  CHECK(says(untrusted, "server_verification_cert"));
  CHECK(says(verify_error(X509_V_ERR_HOSTNAME_MISMATCH, "hub", now), "not for hub"));
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
