#pragma once

#include <functional>
#include <memory>
#include <string>

#include "../../pipeline/loop/event_loop.hpp"
#include "../../pipeline/loop/unique_fd.hpp"
#include "../../pipeline/result.hpp"
#include "../resolver.hpp"
#include "../tls/tls_context.hpp"
#include "carried_bytes.hpp"
#include "route.hpp"

namespace azure::iot::device {

// The way to a server where libmosquitto cannot go itself: through a proxy, over a WebSocket, or
// both. It ends in a descriptor: behind a proxy that of the TCP connection itself, over which MQTT
// goes in TLS as it does without one; with a WebSocket that of a local socket, which takes plain
// MQTT. Loop's thread only.
class Tunnel {
 public:
  // The descriptor, or why there is none. Told once, from another piece of work.
  using Done = std::function<void(Result<UniqueFd>)>;

  // Whether this library was built with tunnels.
  static bool available();

  static std::unique_ptr<Tunnel> create(EventLoop& loop, std::shared_ptr<Resolver> resolver,
                                        std::shared_ptr<TlsContext> tls, const Route& route,
                                        Done done);
  virtual ~Tunnel() = default;

  // What it waits for: "waiting for the proxy".
  virtual std::string phase() const = 0;
  // Of plain MQTT; null where MQTT goes in TLS, which counts for itself.
  virtual const CarriedBytes* bytes() const = 0;
  // Why a WebSocket ended; no error while it has not.
  virtual Error error() const = 0;
};

}  // namespace azure::iot::device
