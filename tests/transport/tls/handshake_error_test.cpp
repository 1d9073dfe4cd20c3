#include "transport/tls/handshake_error.hpp"

#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tests/support/transport_configs.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;

namespace {

Error error_of(int reason) { return handshake_error("hub:8883", ERR_PACK(ERR_LIB_SSL, 0, reason)); }

}  // namespace

TEST_CASE("Handshake: each alert about the client's certificate is one, and names it") {
  for (const int reason :
       {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, SSL_R_SSLV3_ALERT_BAD_CERTIFICATE,
        SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED,
        SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN,
        SSL_R_TLSV1_ALERT_UNKNOWN_CA, SSL_R_TLSV1_ALERT_ACCESS_DENIED}) {
    CAPTURE(reason);
    const Error error = error_of(reason);
    CHECK(error.code() == Errc::unauthorized);
    CHECK(contains(error.detail(), "hub:8883 did not accept the client's certificate"));
  }
}

TEST_CASE("Handshake: no other alert is about the client's certificate") {
  for (const int reason :
       {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION,
        SSL_R_TLSV1_ALERT_INTERNAL_ERROR, SSL_R_TLSV1_UNRECOGNIZED_NAME,
        SSL_R_TLSV1_ALERT_DECRYPT_ERROR, SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY}) {
    CAPTURE(reason);
    const Error error = error_of(reason);
    CHECK(error.code() == Errc::connection_failed);
    CHECK(contains(error.detail(), "the TLS handshake with hub:8883 failed: "));
  }
}

TEST_CASE("Handshake: what speaks something else, or says nothing, is told apart") {
  CHECK(contains(error_of(SSL_R_WRONG_VERSION_NUMBER).detail(),
                 "what answers at hub:8883 does not speak TLS"));
  const Error silent = handshake_error("hub:8883", 0);
  CHECK(silent.code() == Errc::connection_failed);
  CHECK(contains(silent.detail(), "the TLS handshake with hub:8883 broke off"));
  CHECK(contains(error_of(9999).detail(), "9999"));  // OpenSSL has no text for it.
}

TEST_CASE("Handshake: each alert arrives as what it is, from the server to the listener") {
  const auto code_of = [](int alert) {
    ScriptedServer server(
        [=](ScriptedConnection& client) { client.refuse_tls(static_cast<Alert>(alert)); });
    TransportProbe probe(config_for(server), quick());
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for_count(1));
    return probe.told().back();
  };
  // RFC 8446 section 6: bad_certificate to certificate_unknown, unknown_ca, access_denied,
  // certificate_required.
  for (const int alert : {42, 43, 44, 45, 46, 48, 49, 116}) {
    CAPTURE(alert);
    CHECK(code_of(alert) == "failed unauthorized");
  }
  for (const int alert : {40, 47, 70, 80, 112}) {
    CAPTURE(alert);
    CHECK(code_of(alert) == "failed connection_failed");
  }
}
