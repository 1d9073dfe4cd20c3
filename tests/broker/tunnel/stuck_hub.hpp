#pragma once

#include <cstdint>
#include <optional>

#include "broker/tunnel/road.hpp"
#include "tests/support/scripted_server.hpp"
#include "tests/support/web_socket_peer.hpp"

namespace azure::iot::device::test {

// The step at which a hub stops answering a client.
enum class Stop { before_tls, before_web_socket, before_connack };

inline const ServerCertificate& certificate() {
  static const ServerCertificate made = make_server_certificate();
  return made;
}

// A hub that stops answering at that step.
class StuckHub {
 public:
  StuckHub(Stop stop, bool websockets)
      : server_([stop, websockets](ScriptedConnection& client) {
          if (stop != Stop::before_tls && client.start_tls(certificate()) &&
              stop == Stop::before_connack && websockets) {
            accept_web_socket(client);
          }
          client.wait_for_end();
        }) {}
  std::uint16_t port() const { return server_.port(); }
  bool has_client() const { return server_.clients() > 0; }

 private:
  ScriptedServer server_;
};

// Creates a client of such a hub.
inline IoTHubDeviceClient make_client(std::uint16_t port, bool websockets,
                                      const std::optional<ProxyOptions>& proxy,
                                      const MosquittoTransportOptions& options = {}) {
  return IoTHubDeviceClient(detail::HubClientCore::create(
      detail::config_from_symmetric_key("ZmFrZSBrZXkgZm9yIHRlc3Rz", "localhost", "d",
                                        {.server_verification_cert = certificate().ca,
                                         .websockets = websockets,
                                         .proxy_options = proxy,
                                         .port = port}),
      make_mosquitto_transport_factory(options), HandlerPool::shared()));
}

}  // namespace azure::iot::device::test
