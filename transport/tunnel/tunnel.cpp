#include "transport/tunnel/tunnel.hpp"

#include <optional>
#include <utility>

#include "pipeline/text/quoted.hpp"
#include "transport/tunnel/proxy_dial.hpp"
#include "transport/tunnel/proxy_errors.hpp"
#include "transport/tunnel/web_socket.hpp"

namespace azure::iot::device {
namespace {

// Performs the steps in order: the proxy, then the WebSocket.
class OpenTunnel final : public Tunnel {
 public:
  OpenTunnel(EventLoop& loop, std::shared_ptr<TlsContext> tls, const Route& route,
             const std::vector<std::string>& server_addresses, UniqueFd first_hop, Done done,
             Ending ending)
      : loop_(loop),
        tls_(std::move(tls)),
        route_(route),
        done_(std::move(done)),
        ending_(std::move(ending)) {
    if (route_.proxy) {
      ask_proxy(std::move(first_hop), server_addresses);
    } else {
      open_web_socket(std::move(first_hop));
    }
  }

  std::string phase() const override {
    if (socket_) return std::string(socket_->phase());
    if (!route_.proxy) return "waiting for the WebSocket";
    // A proxy of another type may also wait for more bytes.
    return "waiting for " + name_of(*route_.proxy) + " to answer; check that it is " +
           std::string(kind_of(route_.proxy->type));
  }
  const CarriedBytes* bytes() const override { return socket_ ? &socket_->bytes() : nullptr; }
  bool has_to_send() const override { return socket_ && socket_->has_to_send(); }
  Error error() const override { return socket_ ? socket_->error() : Error{}; }

 private:
  void ask_proxy(UniqueFd first_hop, const std::vector<std::string>& server_addresses) {
    dial_.emplace(loop_, route_, std::move(first_hop), server_addresses,
                  [this](Result<UniqueFd> connected) {
                    if (!connected) return fail(connected.error());
                    dial_.reset();  // Drops libcurl's copy of the credentials.
                    if (!route_.websockets) return done_(std::move(connected));
                    open_web_socket(*std::move(connected));
                  });
  }

  void open_web_socket(UniqueFd connected) {
    try {
      socket_.emplace(
          loop_, tls_, route_, std::move(connected),
          [this](Result<UniqueFd> opened) { done_(std::move(opened)); }, ending_);
    } catch (const std::exception& error) {
      failure_.start(loop_, Duration::zero(),
                     [this, why = words_of(error)] { fail(Error(Errc::connection_failed, why)); });
    }
  }

  // Reports a failure. The callback may destroy this object.
  void fail(Error error) {
    const Done done = done_;
    done(std::move(error));
  }

  EventLoop& loop_;
  const std::shared_ptr<TlsContext> tls_;
  const Route route_;
  const Done done_;
  const Ending ending_;
  std::optional<ProxyDial> dial_;
  std::optional<WebSocket> socket_;
  Timer failure_;
};

}  // namespace

bool Tunnel::available() { return true; }

std::unique_ptr<Tunnel> Tunnel::create(EventLoop& loop, std::shared_ptr<TlsContext> tls,
                                       const Route& route,
                                       const std::vector<std::string>& server_addresses,
                                       UniqueFd first_hop, Done done, Ending ending) {
  return std::make_unique<OpenTunnel>(loop, std::move(tls), route, server_addresses,
                                      std::move(first_hop), std::move(done), std::move(ending));
}

}  // namespace azure::iot::device
