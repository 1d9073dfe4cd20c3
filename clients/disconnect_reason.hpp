#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "../pipeline/error.hpp"

namespace azure::iot::device {

// Reason why a client is no longer connected.
struct DisconnectReason {
  // Layer in which the end of the connection was noticed.
  enum class Layer {
    client,   // The application asked for it, by a disconnect or a shutdown.
    network,  // The link was lost, or stopped responding.
    tls,      // The encryption broke off, or a certificate was not accepted.
    mqtt,     // One side broke the protocol.
    service,  // The service refused the credential, or the request.
    proxy,    // The proxy ended the connection.
  };

  Layer layer = Layer::client;
  Errc code = Errc::ok;      // Tells the caller what to do; `ok` if the application asked.
  std::string text;          // Observed error, with the chain of causes.
  std::string likely_cause;  // Most frequent cause, in one sentence.
};

// Returns "client", "network" and so on.
std::string_view to_string(DisconnectReason::Layer layer);

// Argument of the connection-state handler.
//
//   client.on_connection_state_change([](ConnectionStateChange change) {
//     if (change.reason) std::cerr << "lost: " << change.reason->text << '\n';
//   });
struct ConnectionStateChange {
  bool connected = false;
  std::optional<DisconnectReason> reason;  // Empty while connected.
};

namespace detail {
// Converts an error; `Errc::ok` means that the application asked for the end.
DisconnectReason make_disconnect_reason(const Error& cause);
}  // namespace detail

}  // namespace azure::iot::device
