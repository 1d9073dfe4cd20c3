// The exception for each error code, for both services, and its text for a lost connection.
#include <string>
#include <string_view>
#include <typeinfo>

#include <doctest/doctest.h>

#include "clients/disconnect_reason.hpp"
#include "clients/exceptions.hpp"
#include "support/doctest_texts.hpp"

namespace azure::iot::device {
namespace {

using detail::Service;
using Layer = DisconnectReason::Layer;

struct Row {
  Errc code;
  const std::type_info& type;
  std::string hub;           // How the text begins.
  std::string provisioning;  // The same for the other service.
  Layer layer;
};

const std::string kUnexpected = "Unexpected failure. This is a defect";
const Row kRows[] = {
    {Errc::operation_cancelled, typeid(OperationCancelled),
     "Operation was cancelled before completion: a disconnect",
     "Operation was cancelled before completion: a shutdown came first.", Layer::client},
    {Errc::timed_out, typeid(OperationTimeout),
     "Could not complete operation before timeout. Check that the hub",
     "Could not complete operation before timeout. The registration", Layer::network},
    {Errc::operation_error, typeid(ClientError), "The client cannot do this",
     "The client cannot do this", Layer::network},
    {Errc::pipeline_not_running, typeid(ClientError), "Client has already been shut down.",
     "Client has already been shut down.", Layer::network},
    {Errc::pipeline_runtime, typeid(ClientError), kUnexpected, kUnexpected, Layer::network},
    {Errc::connection_failed, typeid(ConnectionFailedError), "Could not connect to IoTHub.",
     "Could not connect to the provisioning service.", Layer::network},
    {Errc::connection_dropped, typeid(ConnectionDroppedError), "Lost connection to IoTHub.",
     "Lost connection to the provisioning service.", Layer::network},
    {Errc::no_connection, typeid(NoConnectionError), "Client is not connected to IoTHub.",
     "Client is not connected to IoTHub.", Layer::network},
    {Errc::unauthorized, typeid(CredentialError), "Credentials invalid, could not connect. ",
     "Credentials invalid, could not connect to the provisioning service.", Layer::service},
    {Errc::protocol_client, typeid(ClientError),
     "Error in the IoTHub client: ", "Error in the provisioning client: ", Layer::mqtt},
    {Errc::tls_exchange_auth, typeid(ClientError),
     "Error in the IoTHub client due to TLS exchanges.",
     "Error in the provisioning client due to TLS exchanges.", Layer::tls},
    {Errc::protocol_proxy, typeid(ClientError),
     "Error in the IoTHub client raised due to proxy connections.",
     "Error in the provisioning client raised due to proxy connections.", Layer::proxy},
    {Errc::service, typeid(ServiceError), "The service refused the request.",
     "The provisioning service did not assign this device to a hub.", Layer::service},
    {Errc::sas_token, typeid(ClientError), "No token could be made or read.",
     "No token could be made or read.", Layer::network},
    {Errc::bad_content, typeid(ClientError), "Content that the service sent cannot be read, or",
     "Content that the service sent cannot be read, or", Layer::network},
    {Errc::abandoned, typeid(ClientError), kUnexpected, kUnexpected, Layer::network},
    {Errc::user_stage, typeid(ClientError), "A stage of the application threw",
     "A stage of the application threw", Layer::network},
    {Errc::user_handler, typeid(ClientError), "The application did not take",
     "The application did not take", Layer::network},
    {Errc::user_policy, typeid(ClientError), "A policy of the application threw",
     "A policy of the application threw", Layer::network},
};

TEST_CASE("Exceptions: each code has its type, and its text for each service") {
  for (const Row& row : kRows) {
    CAPTURE(row.code);
    for (const Service service : {Service::iot_hub, Service::provisioning}) {
      const Error error(row.code, "the detail");
      const std::string& begin = service == Service::iot_hub ? row.hub : row.provisioning;
      const std::string text = detail::exception_text(error, service);
      CAPTURE(text);
      CHECK(text.starts_with(begin));
      CHECK(text.ends_with(" [" + error.describe() + ']'));
      CHECK(text.find("Status") == std::string::npos);
      try {
        detail::throw_error(error, service);
      } catch (const IotError& e) {
        CHECK(typeid(e) == row.type);
        CHECK(e.what() == text);
        CHECK(e.error().code() == row.code);
      }
    }
  }
}

TEST_CASE("Exceptions: without a service named the text is that of the hub") {
  CHECK(detail::exception_text(Errc::connection_failed).starts_with("Could not connect to IoTHub"));
  try {
    detail::throw_error(Errc::connection_failed);
  } catch (const ConnectionFailedError& e) {
    CHECK(std::string_view(e.what()).starts_with("Could not connect to IoTHub"));
  }
}

TEST_CASE("Exceptions: a status stands in the text, whatever the code") {
  const Error error = Error(Errc::service, "no").with_service_status(404);
  CHECK(detail::exception_text(error).find(" Status 404. [") != std::string::npos);
}

TEST_CASE("DisconnectReason: each code has its layer, and a likely cause") {
  for (const Row& row : kRows) {
    CAPTURE(row.code);
    const auto reason = detail::make_disconnect_reason(Error(row.code, "the detail"));
    CHECK(to_string(reason.layer) == to_string(row.layer));
    CHECK(reason.code == row.code);
    CHECK(reason.text == Error(row.code, "the detail").describe());
    CHECK_FALSE(reason.likely_cause.empty());
  }
}

TEST_CASE("DisconnectReason: without an error the application asked") {
  const auto reason = detail::make_disconnect_reason({});
  CHECK(reason.layer == Layer::client);
  CHECK(reason.code == Errc::ok);
  CHECK(reason.text == "disconnected as the application asked");
  CHECK(reason.likely_cause == "the application disconnected or shut down the client");
}

TEST_CASE("DisconnectReason: the lowest cause that says more than that the link is gone counts") {
  const auto layer = [](const Error& error) {
    return std::string(to_string(detail::make_disconnect_reason(error).layer));
  };
  const Error tls(Errc::tls_exchange_auth, "t");
  const Error dropped(Errc::connection_dropped, "d");
  CHECK(layer(dropped) == "network");
  CHECK(layer(Error(Errc::connection_dropped, "d", tls)) == "tls");
  CHECK(layer(Error(Errc::tls_exchange_auth, "t", dropped)) == "tls");
  CHECK(layer(Error(Errc::connection_dropped, "d", Error(Errc::connection_dropped, "d", tls))) ==
        "tls");
  CHECK(layer(Error(Errc::tls_exchange_auth, "t", Error(Errc::protocol_proxy, "p"))) == "proxy");
}

TEST_CASE("DisconnectReason: each layer has its name and its likely cause") {
  CHECK(to_string(Layer::client) == "client");
  CHECK(to_string(Layer::network) == "network");
  CHECK(to_string(Layer::tls) == "tls");
  CHECK(to_string(Layer::mqtt) == "mqtt");
  CHECK(to_string(Layer::service) == "service");
  CHECK(to_string(Layer::proxy) == "proxy");
  const auto likely = [](Errc code) { return detail::make_disconnect_reason(code).likely_cause; };
  CHECK(likely(Errc::connection_dropped).starts_with("the network was interrupted; or the hub"));
  CHECK(likely(Errc::tls_exchange_auth).starts_with("the server's certificate was not accepted"));
  CHECK(likely(Errc::protocol_client).starts_with("the other side is not an IoT hub"));
  CHECK(likely(Errc::unauthorized).starts_with("the credential is wrong or has expired"));
  CHECK(likely(Errc::protocol_proxy) == "the proxy refused or ended the connection");
}

}  // namespace
}  // namespace azure::iot::device
