// A server that vanishes without closing the connection, as when a cable is cut: nothing more is
// acknowledged.
#include <chrono>
#include <future>
#include <list>

#include <doctest/doctest.h>

#include "tests/support/lateness.hpp"
#include "tests/transport/tunnel/scripted_proxy.hpp"
#include "tests/transport/tunnel/web_socket_server.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kKeepAlive = 5s;

// Serves until the first publish, and never acknowledges it.
class VanishingServer {
 public:
  enum class Road { direct, web_socket, proxy };
  explicit VanishingServer(Road road)
      : road_(road), server_([this](ScriptedConnection& client) { serve(client); }) {}

  MqttTransportConfig config() const {
    auto config = road_ == Road::proxy        ? behind(server_, ProxyType::http)
                  : road_ == Road::web_socket ? over_web_socket(server_)
                                              : config_for(server_);
    config.keep_alive = kKeepAlive;
    return config;
  }
  void wait_until_vanished() { vanished_.get_future().wait(); }

 private:
  void serve(ScriptedConnection& client) {
    if (road_ == Road::proxy) {
      read_head(client);
      client.write("HTTP/1.1 200 OK\r\n\r\n");
    }
    if (!client.start_tls(certificate())) return;
    if (road_ == Road::web_socket && !client.start_web_socket()) return;
    if (client.read_packet().empty()) return;
    client.write(connack(0));
    client.read_packet();
    client.wire().drop_packets();
    vanished_.set_value();
    client.wait_without_reading();
  }

  const Road road_;
  std::promise<void> vanished_;
  ScriptedServer server_;
};

}  // namespace

TEST_CASE("Roads: a server that vanishes is noticed within one keep-alive of what was sent to it") {
  using Road = VanishingServer::Road;
  std::list<VanishingServer> servers;
  std::list<TransportProbe> probes;
  for (const Road road : {Road::direct, Road::web_socket, Road::proxy}) {
    if (road != Road::direct && missing_tunnel(true, {})) continue;
    TransportProbe& probe = probes.emplace_back(servers.emplace_back(road).config(), quick());
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for("connected"));
    REQUIRE_FALSE(probe.publish(1, "t"));
    servers.back().wait_until_vanished();
  }
  const Lateness lateness;
  const auto begin = std::chrono::steady_clock::now();
  for (TransportProbe& probe : probes) REQUIRE_FALSE(probe.publish(2, "t"));
  for (TransportProbe& probe : probes) CHECK(probe.wait_for("disconnected connection_dropped"));
  const auto took = std::chrono::steady_clock::now() - begin;
  CHECK(took > kKeepAlive - 1s);
  CHECK(took < lateness.allow(kKeepAlive + 2s));
}
