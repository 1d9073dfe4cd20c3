#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "../pipeline/error.hpp"

namespace azure::iot::device {

// Why a client is no longer connected.
struct DisconnectReason {
  // Where it was noticed.
  enum class Layer {
    client,   // The application asked for it, by a disconnect or a shutdown.
    network,  // The link was lost, or fell silent.
    tls,      // The encryption broke off, or a certificate was not accepted.
    mqtt,     // One side broke the protocol.
    service,  // The service refused the credential, or the request.
    proxy,    // The proxy ended the connection.
  };

  Layer layer = Layer::client;
  Errc code = Errc::ok;      // What to do about it; `ok` where the application asked.
  std::string text;          // What was seen, with the chain of causes.
  std::string likely_cause;  // What is behind it most of the time, in one sentence.
};

// "client", "network" and so on.
std::string_view to_string(DisconnectReason::Layer layer);

// What the connection-state handler is told.
//
//   client.on_connection_state_change([](ConnectionStateChange change) {
//     if (change.reason) std::cerr << "lost: " << change.reason->text << '\n';
//   });
struct ConnectionStateChange {
  bool connected = false;
  std::optional<DisconnectReason> reason;  // Why not; nothing while connected.
};

namespace detail {
// No error means that the application asked.
DisconnectReason make_disconnect_reason(const Error& cause);
}  // namespace detail

}  // namespace azure::iot::device
