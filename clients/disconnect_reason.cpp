#include "clients/disconnect_reason.hpp"

namespace azure::iot::device {
namespace {

using Layer = DisconnectReason::Layer;

Layer layer_of(Errc code) {
  switch (code) {
    case Errc::ok:
    case Errc::operation_cancelled: return Layer::client;
    case Errc::tls_exchange_auth: return Layer::tls;
    case Errc::protocol_client: return Layer::mqtt;
    case Errc::protocol_proxy: return Layer::proxy;
    case Errc::unauthorized:
    case Errc::service: return Layer::service;
    default: return Layer::network;
  }
}

std::string_view likely_cause_of(Layer layer) {
  switch (layer) {
    case Layer::client: return "the application disconnected or shut down the client";
    case Layer::network:
      return "the network was interrupted; or the hub closed the connection, because another "
             "client connected with the same device id, the token expired, or the hub restarted";
    case Layer::tls:
      return "the server's certificate was not accepted, or something between here and the hub "
             "interferes with TLS";
    case Layer::mqtt: return "the other side is not an IoT hub, or refused what the client sent";
    case Layer::service: return "the credential is wrong or has expired, or the device is disabled";
    case Layer::proxy: return "the proxy refused or ended the connection";
  }
  return {};
}

// Returns the code of the lowest error in the chain that is more specific than a dropped
// connection.
Errc telling_code(const Error& error) {
  Errc code = error.code();
  for (const Error* e = &error; *e; e = &e->cause()) {
    if (e->code() != Errc::connection_dropped) code = e->code();
  }
  return code;
}

}  // namespace

std::string_view to_string(Layer layer) {
  switch (layer) {
    case Layer::client: return "client";
    case Layer::network: return "network";
    case Layer::tls: return "tls";
    case Layer::mqtt: return "mqtt";
    case Layer::service: return "service";
    case Layer::proxy: return "proxy";
  }
  return "unknown";
}

DisconnectReason detail::make_disconnect_reason(const Error& cause) {
  const Layer layer = layer_of(telling_code(cause));
  return {.layer = layer,
          .code = cause.code(),
          .text = cause ? cause.describe() : "disconnected as the application asked",
          .likely_cause = std::string(likely_cause_of(layer))};
}

}  // namespace azure::iot::device
