#include <chrono>
#include <future>

#include <doctest/doctest.h>

#include "tests/support/transport_configs.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

namespace {

constexpr int kMessages = 500;

// Sends messages after the first packet, and signals when they are on their way.
struct Sender {
  explicit Sender(bool hangs_up) : hang_up(hangs_up) {}
  const bool hang_up;
  std::promise<void> sent;
  ScriptedServer server{[this](ScriptedConnection& client) {
    client.accept_client(certificate());
    std::string packet = client.read_packet();
    for (int i = 0; i < kMessages; ++i) client.write(publish_packet("t", std::to_string(i)));
    client.write(puback(mid_of(packet)));
    sent.set_value();
    if (hang_up) return client.say_farewell();
    while (!(packet = client.read_packet()).empty()) client.write(puback(mid_of(packet)));
  }};
};

void turn_often(TransportProbe& probe) {
  for (int i = 0; i < 20; ++i) probe.turn();
}

}  // namespace

TEST_CASE("Pause: nothing is taken in until it ends, then all of it, in order") {
  Sender sender(false);
  TransportProbe probe(config_for(sender.server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  probe.pause_reading(true);
  REQUIRE_FALSE(probe.publish(1, "go"));
  sender.sent.get_future().wait();
  turn_often(probe);
  CHECK(probe.told() == Lines{"connected"});
  probe.pause_reading(false);
  REQUIRE(probe.wait_for("ack 1"));
  const Lines told = probe.told();
  REQUIRE(told.size() == kMessages + 2);
  for (int i = 0; i < kMessages; ++i) {
    CHECK(told[static_cast<std::size_t>(i) + 1] == "message t " + std::to_string(i));
  }
}

TEST_CASE("Pause: one that begins inside a notification leaves what TLS holds, until it ends") {
  ScriptedServer server([](ScriptedConnection& client) {
    client.accept_client(certificate());
    const std::string packet = client.read_packet();
    // One record, which TLS reads completely.
    std::string all = publish_packet("t", "first");
    for (int i = 0; i < 100; ++i) all += publish_packet("t", std::string(100, '.'));
    client.write(all + puback(mid_of(packet)));
    client.wait_for_end();
  });
  TransportProbe probe(config_for(server), quick());
  probe.inside = [](MqttTransport& transport, const std::string& line) {
    if (line == "message t first") transport.pause_reading(true);
  };
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  REQUIRE_FALSE(probe.publish(1, "go"));
  REQUIRE(probe.wait_for("message t first"));
  turn_often(probe);
  probe.pause_reading(false);
  CHECK(probe.wait_for("ack 1"));
  CHECK(probe.told().size() == 103);
}

TEST_CASE("Pause: what is sent meanwhile goes out") {
  std::promise<void> received;
  ScriptedServer server([&](ScriptedConnection& client) {
    client.accept_client(certificate());
    for (int i = 0; i < 50; ++i) client.read_packet();
    received.set_value();
    client.wait_for_end();
  });
  TransportProbe probe(config_for(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  probe.pause_reading(true);
  for (std::uint32_t i = 0; i < 50; ++i) REQUIRE_FALSE(probe.publish(i, "t", "x"));
  CHECK(received.get_future().wait_for(10s) == std::future_status::ready);
}

TEST_CASE("Pause: a server that hangs up is noticed, after what it sent before, which ends it") {
  Sender sender(true);
  TransportProbe probe(config_for(sender.server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  probe.pause_reading(true);
  REQUIRE_FALSE(probe.publish(1, "go"));
  REQUIRE(probe.wait_for("disconnected connection_dropped"));
  CHECK(probe.told().size() == kMessages + 3);
  CHECK(probe.told()[1] == "message t 0");
}

TEST_CASE("Pause: it holds over a reconnect, whose CONNACK is taken in nevertheless") {
  Sender sender(false);
  TransportProbe probe(config_for(sender.server), quick());
  probe.pause_reading(true);
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  REQUIRE_FALSE(probe.publish(1, "go"));
  sender.sent.get_future().wait();
  turn_often(probe);
  CHECK(probe.told() == Lines{"connected"});
  probe.pause_reading(false);
  CHECK(probe.wait_for("ack 1"));
}
