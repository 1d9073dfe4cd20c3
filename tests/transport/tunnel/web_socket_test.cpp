// MQTT over a WebSocket, to a server that does what a test says.
#include <atomic>
#include <future>

#include <doctest/doctest.h>

#include "tests/support/transport_configs.hpp"
#include "tests/support/web_socket_peer.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

namespace {

MqttTransportConfig over_web_socket(const ScriptedServer& server) {
  auto config = config_for(server);
  config.websockets = true;
  return config;
}

std::string frame(const std::string& payload) { return to_bytes({Opcode::binary, payload}); }

// Packets of MQTT out of the frames of a client.
class Packets {
 public:
  explicit Packets(ScriptedConnection& client) : client_(client) {}
  // Empty once the client has hung up.
  std::string next() {
    return read_packet([this](std::size_t size) {
      while (bytes_.size() < size) {
        const Frame frame = read_frame(client_);
        if (frame.opcode == Opcode::close) return std::string();
        if (frame.opcode == Opcode::pong) ++pongs;
        if (frame.opcode == Opcode::binary) bytes_ += frame.payload;
      }
      const std::string taken = bytes_.substr(0, size);
      bytes_.erase(0, size);
      return taken;
    });
  }
  int pongs = 0;

 private:
  ScriptedConnection& client_;
  std::string bytes_;
};

bool open_web_socket(ScriptedConnection& client) {
  return client.start_tls(certificate()) && !accept_web_socket(client).empty();
}

// Accepts the CONNECT, too.
bool accept(ScriptedConnection& client, Packets& packets) {
  if (!open_web_socket(client) || packets.next().empty()) return false;
  client.write(frame(connack(0)));
  return true;
}

void acknowledge(ScriptedConnection& client, Packets& packets) {
  for (std::string packet; !(packet = packets.next()).empty();) {
    if (type_of(packet) == PacketType::publish) client.write(frame(puback(mid_of(packet))));
  }
}

void serve(ScriptedConnection& client) {
  Packets packets(client);
  if (accept(client, packets)) acknowledge(client, packets);
}

// What is told of a connect to such a server, and why.
std::pair<std::string, std::string> connect_to(ScriptedServer::Script script,
                                               Duration connect_timeout = 10s) {
  ScriptedServer server(std::move(script));
  TransportProbe probe(over_web_socket(server), quick(connect_timeout));
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for_count(1));
  return {probe.told().front(), probe.last_detail()};
}

// Connects, and then has something done to the client.
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

TEST_CASE("WebSocket: what is published is acknowledged, again over a second connection") {
  ScriptedServer server(serve);
  TransportProbe probe(over_web_socket(server), quick());
  Lines expected;
  for (std::uint32_t round = 1; round <= 2; ++round) {
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for("connected", static_cast<int>(round)));
    REQUIRE_FALSE(probe.publish(round, "t", "payload"));
    CHECK(probe.wait_for("ack " + std::to_string(round)));
    REQUIRE_FALSE(probe.disconnect());
    REQUIRE(probe.wait_for("disconnected", static_cast<int>(round)));
    for (const std::string& line :
         {std::string("connected"), "ack " + std::to_string(round), std::string("disconnected")}) {
      expected.push_back(line);
    }
  }
  CHECK(probe.told() == expected);
}

TEST_CASE("WebSocket: packets that came behind the answer to the upgrade are not lost") {
  ScriptedServer server([](ScriptedConnection& client) {
    if (!client.start_tls(certificate())) return;
    std::string head;
    while (!head.ends_with("\r\n\r\n")) head += client.read(1);
    client.write(answer_upgrade(head) + frame(connack(0, true) + publish_packet("t", "early")) +
                 to_bytes({Opcode::ping, ""}));
    client.wait_for_end();
  });
  TransportProbe probe(over_web_socket(server), quick());
  REQUIRE_FALSE(probe.connect());
  CHECK(probe.wait_for("message t early"));
  CHECK(probe.told().front() == "connected again");
}

TEST_CASE("WebSocket: a burst in both directions arrives whole and in order") {
  constexpr std::uint32_t kCount = 60;
  const std::string large(100'000, 'x');
  ScriptedServer server([&](ScriptedConnection& client) {
    Packets packets(client);
    if (!accept(client, packets)) return;
    for (std::uint32_t i = 0; i < kCount; ++i) {
      const std::string packet = packets.next();
      // In several frames, of which TLS may hold some.
      const std::string answer = publish_packet("t", payload_of(packet)) + puback(mid_of(packet));
      for (std::size_t at = 0; at < answer.size(); at += 30'000) {
        client.write(frame(answer.substr(at, 30'000)));
      }
    }
    packets.next();
  });
  TransportProbe probe(over_web_socket(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  for (std::uint32_t i = 0; i < kCount; ++i) {
    REQUIRE_FALSE(probe.publish(i, "t", std::to_string(i) + large));
  }
  REQUIRE(probe.wait_for("ack " + std::to_string(kCount - 1)));
  const Lines told = probe.told();
  REQUIRE(told.size() == 2 * kCount + 1);
  for (std::uint32_t i = 0; i < kCount; ++i) {
    const bool whole = told[2 * i + 1] == "message t " + std::to_string(i) + large;
    CHECK(whole);
    CHECK(told[2 * i + 2] == "ack " + std::to_string(i));
  }
}

TEST_CASE("WebSocket: a ping is answered, in the middle of everything") {
  std::promise<int> pongs;
  ScriptedServer server([&](ScriptedConnection& client) {
    Packets packets(client);
    if (!accept(client, packets)) return;
    client.write(to_bytes({Opcode::ping, "there?"}) + frame(publish_packet("t", "hello")));
    packets.next();
    pongs.set_value(packets.pongs);
    client.wait_for_end();
  });
  TransportProbe probe(over_web_socket(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("message t hello"));
  REQUIRE_FALSE(probe.publish(1, "t"));
  CHECK(pongs.get_future().get() == 1);
}

TEST_CASE("WebSocket: the server is told when a client disconnects or is destroyed") {
  for (const bool destroyed : {false, true}) {
    CAPTURE(destroyed);
    std::promise<std::string> last;
    ScriptedServer server([&](ScriptedConnection& client) {
      Packets packets(client);
      if (!accept(client, packets)) return;
      std::string before;
      for (std::string packet; !(packet = packets.next()).empty();) before = packet;
      last.set_value(before);
    });
    TransportProbe probe(over_web_socket(server), quick());
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for("connected"));
    REQUIRE_FALSE(probe.publish(1, "t", "last words"));
    if (destroyed) probe.destroy();
    if (!destroyed) CHECK_FALSE(probe.disconnect());
    CHECK(last.get_future().get() == std::string{'\xe0', '\0'});
  }
}

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

TEST_CASE("WebSocket: an answer in many pieces is put together") {
  ScriptedServer server([](ScriptedConnection& client) {
    if (!client.start_tls(certificate())) return;
    std::string head;
    while (!head.ends_with("\r\n\r\n")) head += client.read(1);
    for (const char c : answer_upgrade(head)) client.write(std::string(1, c));
    Packets packets(client);
    packets.next();
    for (const char c : frame(connack(0))) client.write(std::string(1, c));
    acknowledge(client, packets);
  });
  TransportProbe probe(over_web_socket(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  REQUIRE_FALSE(probe.publish(1, "t"));
  CHECK(probe.wait_for("ack 1"));
}

TEST_CASE("WebSocket: a server that falls silent is given up, and the phase is named") {
  const auto silent_after = [](int steps) {
    return [=](ScriptedConnection& client) {
      if (steps > 0) client.start_tls(certificate());
      if (steps > 1) accept_web_socket(client);
      client.wait_for_end();
    };
  };
  CHECK(contains(connect_to(silent_after(0), 300ms).second, "the TLS handshake to end"));
  CHECK(contains(connect_to(silent_after(1), 500ms).second, "waiting for the WebSocket"));
  CHECK(contains(connect_to(silent_after(2), 500ms).second, "waiting for the CONNACK"));
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
