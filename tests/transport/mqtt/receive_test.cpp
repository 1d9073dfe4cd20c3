#include <atomic>

#include <doctest/doctest.h>

#include "tests/support/transport_configs.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;

TEST_CASE("Subscribe: a refusal in the SUBACK names the topic") {
  ScriptedServer server([&](ScriptedConnection& client) {
    client.accept_client(certificate());
    for (std::string packet; !(packet = client.read_packet()).empty();) {
      client.write(suback(mid_of(packet), 0x80));
    }
  });
  TransportProbe probe(config_for(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  REQUIRE_FALSE(probe.subscribe(1, "not/for/us"));
  CHECK(probe.wait_for("ack 1 protocol_client"));
  CHECK(contains(probe.last_detail(), "not/for/us"));
}

TEST_CASE("Subscribe: a bad topic filter is refused, and nothing is asked without a connection") {
  ScriptedServer server([&](ScriptedConnection& client) {
    if (client.accept_client(certificate())) client.wait_for_end();
  });
  TransportProbe probe(config_for(server), quick());
  CHECK(probe.subscribe(1, "a").code() == Errc::no_connection);
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  CHECK(probe.subscribe(1, "a/#/b").code() == Errc::protocol_client);
  CHECK(probe.subscribe(1, "").code() == Errc::protocol_client);
  CHECK(probe.told() == Lines{"connected"});
}

TEST_CASE("Receive: a burst of messages arrives whole, and after the connection was announced") {
  constexpr int kMessages = 2000;
  ScriptedServer server([&](ScriptedConnection& client) {
    client.start_tls(certificate());
    client.read_packet();
    std::string burst = connack(0, true);
    for (int i = 0; i < kMessages; ++i) burst += publish_packet("t", std::to_string(i));
    client.write(burst);
    client.wait_for_end();
  });
  TransportProbe probe(config_for(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for_count(kMessages + 1));
  const Lines told = probe.told();
  CHECK(told.front() == "connected again");
  CHECK(told[1] == "message t 0");
  CHECK(told.back() == "message t " + std::to_string(kMessages - 1));
}

TEST_CASE("Receive: a packet that is too large ends the connection") {
  ScriptedServer server([&](ScriptedConnection& client) {
    client.accept_client(certificate());
    client.write("\x30\xff\xff\xff\x7f");  // A publish of 256 MB.
    const std::string part(64 * 1024, 'x');
    for (int i = 0; i < 64; ++i) client.write(part);
    client.wait_for_end();
  });
  TransportProbe probe(config_for(server), quick());
  REQUIRE_FALSE(probe.connect());
  CHECK(probe.wait_for("disconnected protocol_client"));
}

TEST_CASE("Receive: a second CONNACK ends the connection") {
  ScriptedServer server([&](ScriptedConnection& client) {
    client.accept_client(certificate());
    client.write(connack(0));
    client.wait_for_end();
  });
  TransportProbe probe(config_for(server), quick());
  REQUIRE_FALSE(probe.connect());
  CHECK(probe.wait_for("disconnected protocol_client"));
}

TEST_CASE("Receive: two CONNACKs at once are no connection that lasts, and the next one works") {
  std::atomic<int> connections = 0;
  ScriptedServer server([&](ScriptedConnection& client) {
    client.start_tls(certificate());
    client.read_packet();
    client.write(connections++ == 0 ? connack(0) + connack(0) : connack(0));
    client.wait_for_end();
  });
  TransportProbe probe(config_for(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("disconnected protocol_client"));
  CHECK(probe.told() == Lines{"connected", "disconnected protocol_client"});
  REQUIRE_FALSE(probe.connect());
  CHECK(probe.wait_for("connected", 2));
}
