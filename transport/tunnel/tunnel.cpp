#include "transport/tunnel/tunnel.hpp"

#include <optional>
#include <utility>

#include "transport/name_lookup.hpp"
#include "transport/tunnel/proxy_dial.hpp"
#include "transport/tunnel/proxy_errors.hpp"
#include "transport/tunnel/web_socket.hpp"

namespace azure::iot::device {
namespace {

// One step after the other: names, the TCP connection, the WebSocket.
class OpenTunnel final : public Tunnel {
 public:
  OpenTunnel(EventLoop& loop, std::shared_ptr<Resolver> resolver, std::shared_ptr<TlsContext> tls,
             const Route& route, Done done)
      : loop_(loop),
        resolver_(std::move(resolver)),
        tls_(std::move(tls)),
        route_(route),
        done_(std::move(done)) {
    lookup_.emplace(loop_, *resolver_, route_.first_hop(), [this](Resolver::Answer answer) {
      if (!answer) return fail(answer.error());
      addresses_.first_hop = *std::move(answer);
      route_.wants_address_of_server() ? look_server_up() : dial();
    });
  }

  std::string phase() const override {
    if (socket_) return std::string(socket_->phase());
    if (!dial_) return "waiting for the name to be resolved";
    if (!route_.proxy) return "waiting for the TCP connection";
    // One of another type may wait, too, for more to be said.
    return "waiting for " + name_of(*route_.proxy) + " to answer; check that it is " +
           std::string(kind_of(route_.proxy->type));
  }
  const CarriedBytes* bytes() const override { return socket_ ? &socket_->bytes() : nullptr; }
  Error error() const override { return socket_ ? socket_->error() : Error{}; }

 private:
  void look_server_up() {
    lookup_.emplace(loop_, *resolver_, route_.hostname, [this](Resolver::Answer answer) {
      // Whom nobody knows here the proxy may know.
      if (answer) addresses_.server = *std::move(answer);
      dial();
    });
  }

  void dial() {
    dial_.emplace(loop_, route_, addresses_, [this](Result<UniqueFd> connected) {
      if (!connected) return fail(connected.error());
      dial_.reset();  // With its descriptors, and what libcurl was told of the proxy.
      if (!route_.websockets) return done_(std::move(connected));
      socket_.emplace(loop_, tls_, route_, *std::move(connected),
                      [this](Result<UniqueFd> opened) { done_(std::move(opened)); });
    });
  }

  // Whoever is told may destroy this.
  void fail(Error error) {
    const Done done = done_;
    done(std::move(error));
  }

  EventLoop& loop_;
  const std::shared_ptr<Resolver> resolver_;
  const std::shared_ptr<TlsContext> tls_;
  const Route route_;
  const Done done_;
  ProxyDial::Addresses addresses_;
  std::optional<NameLookup> lookup_;
  std::optional<ProxyDial> dial_;
  std::optional<WebSocket> socket_;
};

}  // namespace

bool Tunnel::available() { return true; }

std::unique_ptr<Tunnel> Tunnel::create(EventLoop& loop, std::shared_ptr<Resolver> resolver,
                                       std::shared_ptr<TlsContext> tls, const Route& route,
                                       Done done) {
  return std::make_unique<OpenTunnel>(loop, std::move(resolver), std::move(tls), route,
                                      std::move(done));
}

}  // namespace azure::iot::device
