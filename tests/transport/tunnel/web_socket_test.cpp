// MQTT over a WebSocket, to a scripted server.
#include <atomic>
#include <ctime>
#include <future>
#include <thread>

#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tests/transport/tunnel/web_socket_server.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

TEST_CASE("WebSocket: what is published is acknowledged, again over a second connection") {
  ScriptedServer server(serve_web_socket);
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

TEST_CASE("WebSocket: an error that another left in OpenSSL's queue ends none") {
  ScriptedServer server(serve_web_socket);
  TransportProbe probe(over_web_socket(server), quick());
  const auto leave_error = [&] {
    probe.on_loop([](MqttTransport&) { ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH); });
  };
  leave_error();
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  for (std::uint32_t i = 0; i < 5; ++i) {
    leave_error();
    REQUIRE_FALSE(probe.publish(i, "t"));
    CHECK(probe.wait_for("ack " + std::to_string(i)));
  }
  REQUIRE_FALSE(probe.disconnect());
  CHECK(probe.wait_for("disconnected"));
}

TEST_CASE("WebSocket: a certificate that one client refuses is not held against another's") {
  const ServerCertificate of_another = make_server_certificate();
  ScriptedServer untrusted([&](ScriptedConnection& client) { client.start_tls(of_another); });
  ScriptedServer hanging_up([](ScriptedConnection& client) { client.read(100); });
  const std::shared_ptr<EventLoop> loop = EventLoop::create();
  TransportProbe one(over_web_socket(untrusted), quick(), loop);
  TransportProbe other(over_web_socket(hanging_up), quick(), loop);
  REQUIRE_FALSE(one.connect());
  CHECK(one.wait_for("failed tls_exchange_auth"));
  REQUIRE_FALSE(other.connect());
  CHECK(other.wait_for("failed connection_failed"));
}

TEST_CASE("WebSocket: while reading is paused the server has to wait, and idle it costs nothing") {
  constexpr int kMessages = 400;
  std::atomic<int> sent = 0;
  ScriptedServer server([&](ScriptedConnection& client) {
    Packets packets(client);
    if (!accept(client, packets)) return;
    packets.next();
    // 25 MB: more than the system's buffers hold.
    for (; sent < kMessages; ++sent) {
      client.write(frame(publish_packet("t", std::string(64 * 1024, 'x'))));
    }
    packets.next();
  });
  TransportProbe probe(over_web_socket(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  probe.pause_reading(true);
  REQUIRE_FALSE(probe.publish(1, "t"));
  for (int before = -1; before != sent || sent == 0;) {
    before = sent;
    std::this_thread::sleep_for(100ms);
  }
  CHECK(sent < kMessages);
  probe.pause_reading(false);
  REQUIRE(probe.wait_for_count(kMessages + 1));
  const std::clock_t idle_before = std::clock();
  std::this_thread::sleep_for(300ms);  // The test is that nothing happens meanwhile.
  CHECK(static_cast<double>(std::clock() - idle_before) / CLOCKS_PER_SEC < 0.15);
}
