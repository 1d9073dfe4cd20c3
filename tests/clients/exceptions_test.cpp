#include "clients/exceptions.hpp"

#include <doctest/doctest.h>

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
