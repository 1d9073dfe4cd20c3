#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../../pipeline/loop/event_loop.hpp"
#include "../../pipeline/loop/unique_fd.hpp"
#include "../../pipeline/result.hpp"
#include "../tls/tls_context.hpp"
#include "carried_bytes.hpp"
#include "route.hpp"

namespace azure::iot::device {

// Turns a TCP connection to the first hop of a route into one to its server: through a proxy, into
// a WebSocket, or both. It ends in a descriptor: behind a proxy that of the TCP connection itself,
// over which MQTT goes in TLS as it does without one; with a WebSocket that of a local socket,
// which takes plain MQTT. Loop's thread only.
class Tunnel {
 public:
  // The descriptor, or why there is none. Told once, from another piece of work.
  using Done = std::function<void(Result<UniqueFd>)>;
  // As in WebSocket.
  using Ending = std::function<void()>;

  // Whether this library was built with tunnels.
  static bool available();

  // With the addresses of the server, where the route wants them and they are known.
  static std::unique_ptr<Tunnel> create(EventLoop& loop, std::shared_ptr<TlsContext> tls,
                                        const Route& route,
                                        const std::vector<std::string>& server_addresses,
                                        UniqueFd first_hop, Done done, Ending ending);
  virtual ~Tunnel() = default;

  // What it waits for: "waiting for the proxy".
  virtual std::string phase() const = 0;
  // Of plain MQTT; null where MQTT goes in TLS, which counts for itself.
  virtual const CarriedBytes* bytes() const = 0;
  // As in WebSocket.
  virtual bool has_to_send() const = 0;
  // Why a WebSocket ended; no error while it has not.
  virtual Error error() const = 0;
};

}  // namespace azure::iot::device
