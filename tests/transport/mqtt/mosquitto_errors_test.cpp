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
