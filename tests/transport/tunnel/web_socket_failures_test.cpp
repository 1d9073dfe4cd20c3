// Failures between a client and a server of MQTT over WebSockets.
#include <atomic>
#include <functional>
#include <future>
#include <utility>

#include <doctest/doctest.h>

#include "pipeline/loop/epoll_loop.hpp"
#include "tests/transport/mqtt/steered_clock.hpp"
#include "tests/transport/tunnel/web_socket_server.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

namespace {

// Connects to this server. Returns the reported event and its reason.
std::pair<std::string, std::string> connect_to(ScriptedServer::Script script) {
  ScriptedServer server(std::move(script));
  TransportProbe probe(over_web_socket(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for_count(1));
  return {probe.told().front(), probe.last_detail()};
}

// Connects, then applies `act` to the client.
void check_ends(const std::function<void(ScriptedConnection&)>& act, const std::string& line,
                const std::string& detail, MosquittoTransportOptions options = quick()) {
  INFO("expected: " << line << ", " << detail);
  ScriptedServer server([&](ScriptedConnection& client) {
    Packets packets(client);
    if (!accept(client, packets)) return;
    packets.next();
    act(client);
  });
  TransportProbe probe(over_web_socket(server), std::move(options));
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  REQUIRE_FALSE(probe.publish(1, "t"));
  REQUIRE(probe.wait_for(line));
  CAPTURE(probe.last_detail());
  CHECK(contains(probe.last_detail(), detail));
}

}  // namespace

TEST_CASE("WebSocket: each way in which a server ends one is told") {
  check_ends([](ScriptedConnection& client) { client.say_farewell(); },
             "disconnected connection_dropped", "closed the connection");
  check_ends([](ScriptedConnection& client) { client.hang_up(); },
             "disconnected connection_dropped", "closed the connection");
  check_ends([](ScriptedConnection& client) { client.reset(); }, "disconnected connection_dropped",
             "closed the connection");
  check_ends(
      [](ScriptedConnection& client) {
        client.write(to_bytes({Opcode::close, "\x03\xe9going away"}));
        client.wait_for_end();
      },
      "disconnected connection_dropped", "closed the WebSocket (code 1001)");
  check_ends(
      [](ScriptedConnection& client) {
        client.write("this is no frame, and was never meant to be one");
        client.wait_for_end();
      },
      "disconnected connection_dropped", "");
  check_ends(
      [](ScriptedConnection& client) {
        client.write(frame(connack(0)));
        client.wait_for_end();
      },
      "disconnected protocol_client", "second CONNACK");
}

TEST_CASE("WebSocket: a packet beyond the allowed size ends the connection, one within does not") {
  MosquittoTransportOptions options = quick();
  options.max_packet_size = 300'000;
  check_ends(
      [](ScriptedConnection& client) {
        const std::string packet = publish_packet("t", std::string(2'000'000, 'x'));
        client.write(frame(packet));
        client.wait_for_end();
      },
      "disconnected protocol_client", "more than 300000 bytes", options);
  check_ends(
      [](ScriptedConnection& client) {
        for (int i = 0; i < 10; ++i) {
          client.write(frame(publish_packet("t", std::string(200'000, 'x'))));
        }
        client.write(frame(publish_packet("t", "small")));
        client.wait_for_end();
      },
      "message t small", "", options);
}

TEST_CASE("WebSocket: a certificate is verified as without one") {
  const ServerCertificate of_another = make_server_certificate();
  auto [line, why] = connect_to([&](ScriptedConnection& client) { client.start_tls(of_another); });
  CHECK(line == "failed tls_exchange_auth");
  CHECK(contains(why, "server_verification_cert"));
}

TEST_CASE("WebSocket: what answers instead of making one is in the error") {
  const auto refuse = [](UpgradeAnswer answer) {
    return [answer = std::move(answer)](ScriptedConnection& client) {
      if (client.start_tls(certificate())) accept_web_socket(client, answer);
      client.wait_for_end();
    };
  };
  auto [line, why] = connect_to(refuse({.status = "HTTP/1.1 401 Unauthorized"}));
  CHECK(line == "failed connection_failed");
  CHECK(contains(why, "401 Unauthorized"));
  CHECK(contains(connect_to(refuse({.protocol = "amqp"})).second, "does not speak MQTT"));
  CHECK(contains(connect_to(refuse({.accept = "bm90IHRoZSByaWdodCBvbmU="})).second,
                 "another question"));
}

TEST_CASE("WebSocket: a server that hangs up is told apart, in each phase") {
  const auto at_once = connect_to([](ScriptedConnection& client) { client.read(1); });
  CHECK(at_once.first == "failed connection_failed");
  CHECK(contains(at_once.second, "closed the connection during the TLS handshake"));
  const auto after_tls = connect_to([](ScriptedConnection& client) {
    client.start_tls(certificate());
    client.read_some(10'000);
    client.say_farewell();
  });
  CHECK(after_tls.first == "failed connection_failed");
  CHECK(contains(after_tls.second, "ended the connection instead of making a WebSocket"));
  const auto plain = connect_to([](ScriptedConnection& client) {
    client.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    client.wait_for_end();
  });
  CHECK(plain.first == "failed connection_failed");
  CHECK(contains(plain.second, "does not speak TLS"));
  const auto demanding = connect_to([](ScriptedConnection& client) {
    client.start_tls(ServerTls{.certificate = certificate(), .demands_certificate = true});
  });
  CHECK(demanding.first == "failed unauthorized");
  for (const Alert alert : {Alert::certificate_expired, Alert::access_denied}) {
    CHECK(connect_to([=](ScriptedConnection& client) { client.refuse_tls(alert); }).first ==
          "failed unauthorized");
  }
}

TEST_CASE("WebSocket: an answer that never ends is not read for ever") {
  const auto endless = connect_to([](ScriptedConnection& client) {
    if (!client.start_tls(certificate())) return;
    client.read_some(10'000);
    client.write("HTTP/1.1 101 Switching Protocols\r\n");
    const std::string header = "X-Filler: " + std::string(1000, 'x') + "\r\n";
    for (int i = 0; i < 40; ++i) client.write(header);
    client.wait_for_end();
  });
  CHECK(endless.first == "failed connection_failed");
  CHECK(contains(endless.second, "instead of making a WebSocket"));
}

TEST_CASE("WebSocket: a server that falls silent is given up at the deadline, by its phase") {
  const char* const phases[] = {"the TLS handshake to end", "the WebSocket", "the CONNACK"};
  for (int steps = 0; steps < 3; ++steps) {
    CAPTURE(phases[steps]);
    std::promise<void> reached;
    ScriptedServer server([&](ScriptedConnection& client) {
      if (steps == 0) client.read(1);
      if (steps > 0) client.start_tls(certificate());
      if (steps == 1) client.read_some(10'000);
      if (steps == 2) accept_web_socket(client);
      if (steps == 2) read_frame(client);  // The CONNECT.
      reached.set_value();
      client.wait_for_end();
    });
    TransportProbe probe(over_web_socket(server), quick(30s),
                         EpollLoop::start(std::make_shared<SteeredClock>()));
    REQUIRE_FALSE(probe.connect());
    REQUIRE(reached.get_future().wait_for(30s) == std::future_status::ready);
    skip(20s);
    probe.turn();
    CHECK(probe.told().empty());
    skip(10s);
    probe.turn();
    REQUIRE(probe.wait_for("failed connection_failed"));
    CHECK(contains(probe.last_detail(), "still waiting for " + std::string(phases[steps])));
  }
}

TEST_CASE("WebSocket: a connect that is given up in any phase leaves nothing behind") {
  std::atomic<int> steps = 0;
  std::promise<void> come[3];
  ScriptedServer server([&](ScriptedConnection& client) {
    const int last = steps;
    if (last == 0) client.read(1);
    if (last > 0) client.start_tls(certificate());
    if (last == 1) client.read_some(10'000);
    if (last > 1) accept_web_socket(client);
    come[last].set_value();
    client.wait_for_end();
  });
  TransportProbe probe(over_web_socket(server), quick());
  for (; steps < 3; ++steps) {
    REQUIRE_FALSE(probe.connect());
    REQUIRE(come[steps].get_future().wait_for(10s) == std::future_status::ready);
    probe.on_loop([](MqttTransport& transport) {
      CHECK(contains(transport.cancel_connect(), "no connection to localhost:"));
    });
    probe.turn();
  }
  CHECK(probe.told().empty());
}
