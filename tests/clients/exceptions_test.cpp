#include "clients/exceptions.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <mosquitto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "transport/mqtt/mosquitto_errors.hpp"
#include "transport/tls/verify_failure.hpp"

namespace azure::iot::device {
namespace {

TEST_CASE_TEMPLATE("Exceptions: each can be caught as ClientError or IotError, as in Python", T,
                   ConnectionFailedError, ConnectionDroppedError, NoConnectionError,
                   CredentialError) {
  CHECK(std::is_base_of_v<ClientError, T>);
  CHECK(std::is_base_of_v<IotError, T>);
}

TEST_CASE("Exceptions: an error is thrown as the type that the Python SDK raises for it") {
  const auto thrown_as = [](Errc code, auto type) {
    try {
      detail::throw_error(Error(code, "the detail"));
    } catch (const decltype(type)& e) {
      return typeid(e) == typeid(type) && e.error().code() == code;
    } catch (const IotError&) {
      return false;
    }
  };
  const std::string text;
  CHECK(thrown_as(Errc::connection_dropped, ConnectionDroppedError(text, {})));
  CHECK(thrown_as(Errc::connection_failed, ConnectionFailedError(text, {})));
  CHECK(thrown_as(Errc::no_connection, NoConnectionError(text, {})));
  CHECK(thrown_as(Errc::unauthorized, CredentialError(text, {})));
  CHECK(thrown_as(Errc::protocol_client, ClientError(text, {})));
  CHECK(thrown_as(Errc::tls_exchange_auth, ClientError(text, {})));
  CHECK(thrown_as(Errc::protocol_proxy, ClientError(text, {})));
  CHECK(thrown_as(Errc::pipeline_not_running, ClientError(text, {})));
  CHECK(thrown_as(Errc::operation_cancelled, OperationCancelled(text, {})));
  CHECK(thrown_as(Errc::timed_out, OperationTimeout(text, {})));
  CHECK(thrown_as(Errc::service, ServiceError(text, {})));
  CHECK(thrown_as(Errc::abandoned, ClientError(text, {})));
}

TEST_CASE("Exceptions: the text says what to do, and carries the whole chain of causes") {
  const Error error(Errc::connection_failed, "no address of hub1 answered",
                    Error(Errc::connection_dropped, "connection refused"));
  try {
    detail::throw_error(error);
  } catch (const IotError& e) {
    const std::string what = e.what();
    CHECK(what.starts_with("Could not connect to IoTHub. Check the host name"));
    CHECK(what.find("no address of hub1 answered") != std::string::npos);
    CHECK(what.find("connection refused") != std::string::npos);
    CHECK(e.cause().code() == Errc::connection_dropped);
  }
}

TEST_CASE("Exceptions: a connection that failed names the ports of both ways, and the proxy") {
  for (const auto service : {detail::Service::iot_hub, detail::Service::provisioning}) {
    const std::string text = detail::exception_text(Errc::connection_failed, service);
    for (const char* named : {"8883", "443 with websockets", "the proxy"}) {
      CHECK(text.find(named) != std::string::npos);
    }
  }
}

TEST_CASE("Exceptions: a refused credential says what to check") {
  for (const int connack : {4, 5}) {
    const std::string text = detail::exception_text(connack_error(connack));
    CHECK(text.find("clock") != std::string::npos);
    CHECK(text.find("key, token or certificate") != std::string::npos);
  }
}

TEST_CASE("Exceptions: what a failure to connect has for advice it gives once") {
  const auto now = WallTime(std::chrono::seconds(1'700'000'000));
  std::vector<Error> errors{
      call_error("publish", MOSQ_ERR_INVAL, 0),
      drop_error(MOSQ_ERR_KEEPALIVE, 0),
      dial_error("hub1:8883", MOSQ_ERR_ERRNO, ECONNREFUSED, 0),
      dial_error("hub1:8883", MOSQ_ERR_ERRNO, ENETUNREACH, 0),
      dial_error("hub1:8883", MOSQ_ERR_PROTOCOL, 0, 0),
      dial_error("hub1:8883", MOSQ_ERR_TLS, 0,
                 ERR_PACK(ERR_LIB_SSL, 0, SSL_R_WRONG_VERSION_NUMBER)),
      dial_error("hub1:8883", MOSQ_ERR_TLS, 0,
                 ERR_PACK(ERR_LIB_SSL, 0, SSL_R_TLSV1_ALERT_UNKNOWN_CA)),
      verify_error(X509_V_ERR_HOSTNAME_MISMATCH, "hub1", now),
      verify_error(X509_V_ERR_CERT_HAS_EXPIRED, "hub1", now),
      verify_error(X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "hub1", now),
  };
  for (int connack = 1; connack <= 6; ++connack) errors.push_back(connack_error(connack));
  for (const Error& error : errors) {
    std::string text = detail::exception_text(error);
    INFO(text);
    std::transform(text.begin(), text.end(), text.begin(), [](char c) { return std::tolower(c); });
    for (const std::string_view advice :
         {"check ", "try again", "connect to", "server_verification_cert"}) {
      const auto first = text.find(advice);
      if (first != text.npos) CHECK(text.find(advice, first + 1) == text.npos);
    }
  }
}

TEST_CASE("Exceptions: an error of the service carries its status") {
  try {
    detail::throw_error(Error(Errc::service, "twin").with_service_status(429));
  } catch (const ServiceError& e) {
    CHECK(e.status() == 429);
    CHECK(std::string(e.what()).find("429") != std::string::npos);
  }
}

}  // namespace
}  // namespace azure::iot::device
