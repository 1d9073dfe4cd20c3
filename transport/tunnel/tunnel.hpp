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

// Turns a TCP connection to the first hop of a route into a connection to its server: through a
// proxy, into a WebSocket, or both. The result is a descriptor. Through a proxy, it is that of the
// TCP connection itself, and MQTT runs over it in TLS as without a proxy. With a WebSocket, it is
// that of a local socket, which takes plain MQTT. Loop's thread only.
class Tunnel {
 public:
  // The descriptor, or the reason why there is none. Called once, from a separate piece of work.
  using Done = std::function<void(Result<UniqueFd>)>;
  // As in WebSocket.
  using Ending = std::function<void()>;

  // Whether this library was built with tunnels.
  static bool available();

  // `server_addresses` are used if the route requires them and they are known.
  static std::unique_ptr<Tunnel> create(EventLoop& loop, std::shared_ptr<TlsContext> tls,
                                        const Route& route,
                                        const std::vector<std::string>& server_addresses,
                                        UniqueFd first_hop, Done done, Ending ending);
  virtual ~Tunnel() = default;

  // A text for the current wait: "waiting for the proxy".
  virtual std::string phase() const = 0;
  // Counts of plain MQTT. Null if MQTT runs in TLS, which counts its own bytes.
  virtual const CarriedBytes* bytes() const = 0;
  // As in WebSocket.
  virtual bool has_to_send() const = 0;
  // The reason why a WebSocket ended; no error while it is open.
  virtual Error error() const = 0;
};

}  // namespace azure::iot::device
