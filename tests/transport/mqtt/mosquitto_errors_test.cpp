#include "transport/mqtt/mosquitto_errors.hpp"

#include <cerrno>
#include <string>

#include <doctest/doctest.h>
#include <mosquitto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

using namespace azure::iot::device;

namespace {

bool says(const Error& error, const std::string& text) {
  return error.detail().find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("CONNACK: 4 and 5 are credentials, 3 may pass, the rest will not") {
  CHECK(connack_error(1).code() == Errc::protocol_client);
  CHECK(connack_error(2).code() == Errc::protocol_client);
  CHECK(connack_error(3).code() == Errc::connection_failed);
  CHECK(connack_error(4).code() == Errc::unauthorized);
  CHECK(connack_error(5).code() == Errc::unauthorized);
  CHECK(connack_error(6).code() == Errc::protocol_client);
  CHECK(connack_error(255).code() == Errc::protocol_client);
}

TEST_CASE("A lost connection: however it went, it was dropped") {
  for (const int rc : {MOSQ_ERR_CONN_LOST, MOSQ_ERR_ERRNO, MOSQ_ERR_KEEPALIVE, MOSQ_ERR_TLS}) {
    CHECK(drop_error(rc, EPROTO).code() == Errc::connection_dropped);
  }
  CHECK(drop_error(MOSQ_ERR_PROTOCOL, 0).code() == Errc::protocol_client);
  CHECK(says(drop_error(MOSQ_ERR_KEEPALIVE, 0), "keep-alive"));
  CHECK(says(drop_error(MOSQ_ERR_ERRNO, ETIMEDOUT), "timed out"));
}

TEST_CASE("A failed dial: the server that wants a certificate does not authorize the client") {
  const auto alert = ERR_PACK(ERR_LIB_SSL, 0, SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED);
  CHECK(dial_error("hub:8883", MOSQ_ERR_CONN_LOST, EPROTO, alert).code() == Errc::unauthorized);
}

TEST_CASE("A failed dial: a port that does not speak TLS is named") {
  const auto mismatch = ERR_PACK(ERR_LIB_SSL, 0, SSL_R_WRONG_VERSION_NUMBER);
  const Error error = dial_error("hub:1883", MOSQ_ERR_TLS, 0, mismatch);
  CHECK(error.code() == Errc::connection_failed);
  CHECK(says(error, "hub:1883"));
  CHECK(says(error, "does not speak TLS"));
}

TEST_CASE("A failed dial: the system's reason is told") {
  const Error error = dial_error("hub:8883", MOSQ_ERR_ERRNO, ECONNREFUSED, 0);
  CHECK(error.code() == Errc::connection_failed);
  CHECK(says(error, "hub:8883"));
  CHECK(says(error, "refused"));
}

TEST_CASE("A call that did nothing: a bad topic is the caller's mistake") {
  CHECK(call_error("publish", MOSQ_ERR_INVAL, 0).code() == Errc::protocol_client);
  CHECK(says(call_error("publish", MOSQ_ERR_INVAL, 0), "publish"));
  CHECK(call_error("publish", MOSQ_ERR_NO_CONN, 0).code() == Errc::no_connection);
}

TEST_CASE("CONNACK: each code has its text, with the number") {
  const char* const texts[] = {"protocol version", "client id", "unavailable",
                               "user name or password", "did not authorize"};
  for (int code = 1; code <= 5; ++code) {
    CHECK(says(connack_error(code), texts[code - 1]));
    CHECK(says(connack_error(code), "(CONNACK " + std::to_string(code) + ")"));
  }
  CHECK(says(connack_error(77), "does not know: 77"));
}

TEST_CASE("A call that did nothing: each reason is told, with what was called") {
  CHECK(says(call_error("subscribe", MOSQ_ERR_NO_CONN, 0), "subscribe needs a connection"));
  CHECK(says(call_error("publish", MOSQ_ERR_INVAL, 0), "1 to 65535 bytes long"));
  CHECK(says(call_error("publish", MOSQ_ERR_MALFORMED_UTF8, 0), "valid UTF-8"));
  CHECK(says(call_error("publish", MOSQ_ERR_PAYLOAD_SIZE, 0), "268435455 bytes"));
  CHECK(says(call_error("publish", MOSQ_ERR_NOMEM, 0), "publish: Out of memory"));
  CHECK(says(call_error("publish", MOSQ_ERR_ERRNO, ENOBUFS), "publish: No buffer space"));
  for (const int rc :
       {MOSQ_ERR_INVAL, MOSQ_ERR_MALFORMED_UTF8, MOSQ_ERR_PAYLOAD_SIZE, MOSQ_ERR_NOMEM}) {
    CHECK(call_error("publish", rc, 0).code() == Errc::protocol_client);
  }
}

TEST_CASE("A lost connection: how it went is told") {
  CHECK(says(drop_error(MOSQ_ERR_CONN_LOST, 0), "closed the connection"));
  CHECK(says(drop_error(MOSQ_ERR_PROTOCOL, 0), "broke the MQTT protocol"));
  CHECK(says(drop_error(MOSQ_ERR_ERRNO, 0), "the TLS connection broke off"));
  CHECK(says(drop_error(MOSQ_ERR_ERRNO, EPROTO), "the TLS connection broke off"));
  CHECK(says(drop_error(MOSQ_ERR_ERRNO, ECONNRESET), "Connection reset by peer"));
  CHECK(says(drop_error(MOSQ_ERR_NOMEM, 0), "was lost: Out of memory"));
}

TEST_CASE("A failed dial: each reason is told apart") {
  const auto of = [](int rc, int error_number) {
    return dial_error("hub:8883", rc, error_number, 0);
  };
  for (const int rc : {MOSQ_ERR_INVAL, MOSQ_ERR_MALFORMED_UTF8}) {
    CHECK(of(rc, 0).code() == Errc::protocol_client);
    CHECK(says(of(rc, 0), "user name"));
  }
  CHECK(of(MOSQ_ERR_PROTOCOL, 0).code() == Errc::protocol_client);
  CHECK(says(of(MOSQ_ERR_PROTOCOL, 0), "hub:8883 does not speak MQTT 3.1.1"));
  CHECK(says(of(MOSQ_ERR_TLS, 0), "the TLS handshake with hub:8883 broke off"));
  CHECK(says(of(MOSQ_ERR_CONN_LOST, 0), "hub:8883 closed the connection at once"));
  CHECK(says(of(MOSQ_ERR_ERRNO, 0), "hub:8883 closed the connection at once"));
  CHECK(says(of(MOSQ_ERR_ERRNO, ECONNREFUSED), "nothing accepts connections at hub:8883"));
  CHECK(
      says(of(MOSQ_ERR_ERRNO, ENETUNREACH), "hub:8883 cannot be reached: Network is unreachable"));
  CHECK(says(of(MOSQ_ERR_NOMEM, ECONNREFUSED), "cannot be reached: Out of memory"));
  for (const int rc : {MOSQ_ERR_TLS, MOSQ_ERR_CONN_LOST, MOSQ_ERR_ERRNO, MOSQ_ERR_NOMEM}) {
    CHECK(of(rc, ENETUNREACH).code() == Errc::connection_failed);
  }
}
