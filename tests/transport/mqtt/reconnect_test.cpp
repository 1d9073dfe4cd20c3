// State of one connection that must not affect the next.
#include <atomic>
#include <future>

#include <doctest/doctest.h>

#include "tests/support/transport_configs.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

namespace {

void acknowledge(ScriptedConnection& client) {
  for (std::string packet; !(packet = client.read_packet()).empty();) {
    if (type_of(packet) == PacketType::publish) client.write(puback(mid_of(packet)));
  }
}

// Serves each connection by the function at its position.
class InTurn {
 public:
  explicit InTurn(std::vector<ScriptedServer::Script> scripts) : scripts_(std::move(scripts)) {}
  ScriptedServer server{[this](ScriptedConnection& client) {
    const std::size_t place = count_++;
    scripts_[std::min(place, scripts_.size() - 1)](client);
  }};

 private:
  const std::vector<ScriptedServer::Script> scripts_;
  std::atomic<std::size_t> count_ = 0;
};

void serve(ScriptedConnection& client) {
  if (client.accept_client(certificate())) acknowledge(client);
}

// Connects, and returns the events that are reported.
std::string connect(TransportProbe& probe) {
  const std::size_t told = probe.told().size();
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for_count(told + 1));
  return probe.told().at(told);
}

void disconnect(TransportProbe& probe) {
  const std::size_t told = probe.told().size();
  REQUIRE_FALSE(probe.disconnect());
  REQUIRE(probe.wait_for_count(told + 1));
}

}  // namespace

TEST_CASE("Reconnect: a failure is explained by itself, not by one before it") {
  const ServerCertificate of_another = make_server_certificate();
  InTurn turns({[](ScriptedConnection& client) { client.refuse_tls(Alert::access_denied); },
                [&](ScriptedConnection& client) { client.start_tls(of_another); },
                [](ScriptedConnection&) {}});
  TransportProbe probe(config_for(turns.server), quick());
  CHECK(connect(probe) == "failed unauthorized");
  CHECK(connect(probe) == "failed tls_exchange_auth");
  CHECK(connect(probe) == "failed connection_failed");
  CHECK_FALSE(contains(probe.last_detail(), "certificate"));
}

TEST_CASE("Reconnect: a refusal of TLS is not taken for that of what follows it") {
  InTurn turns({[](ScriptedConnection& client) { client.refuse_tls(Alert::access_denied); }});
  TransportProbe probe(config_for(turns.server), quick());
  CHECK(connect(probe) == "failed unauthorized");
  turns.server.stop_listening();
  CHECK(connect(probe) == "failed connection_failed");
  CHECK(contains(probe.last_detail(), "nothing accepts connections at localhost:"));
}

TEST_CASE("Reconnect: after a connection that was up, one that never got to TLS has failed") {
  InTurn turns({serve, [](ScriptedConnection&) {}});
  TransportProbe probe(config_for(turns.server), quick());
  CHECK(connect(probe) == "connected");
  disconnect(probe);
  // Not "dropped", which is reported only for a server that has completed the handshake.
  CHECK(connect(probe) == "failed connection_failed");
}

TEST_CASE("Reconnect: a certificate that is demanded the second time is asked for by name") {
  const ServerContext demanding =
      make_server_context({.certificate = certificate(), .demands_certificate = true});
  for (int round = 0; round < 20; ++round) {
    InTurn turns({serve, [&](ScriptedConnection& client) { client.start_tls(demanding); }});
    TransportProbe probe(config_for(turns.server), quick());
    CHECK(connect(probe) == "connected");
    disconnect(probe);
    CHECK(connect(probe) == "failed unauthorized");
  }
}

TEST_CASE("Reconnect: what was sent and nobody waits for leaves the window free") {
  InTurn turns({[](ScriptedConnection& client) {
                  client.accept_client(certificate());
                  client.read_packet();
                  client.reset();
                },
                serve});
  auto config = config_for(turns.server);
  config.max_in_flight = 1;
  TransportProbe probe(config, quick());
  CHECK(connect(probe) == "connected");
  REQUIRE_FALSE(probe.publish(1, "t", "1"));
  REQUIRE(probe.wait_for("disconnected connection_dropped"));
  probe.give_up(1);
  CHECK(connect(probe) == "connected");
  REQUIRE_FALSE(probe.publish(2, "t", "2"));
  CHECK(probe.wait_for("ack 2"));
  CHECK(probe.told().size() == 4);
}

TEST_CASE("Reconnect: what was cancelled is not sent again, and its answer reaches nobody") {
  std::promise<std::string> first_packet;
  InTurn turns({[](ScriptedConnection& client) {
                  client.accept_client(certificate());
                  client.read_packet();
                  client.reset();
                },
                [&](ScriptedConnection& client) {
                  client.accept_client(certificate());
                  const std::string packet = client.read_packet();
                  first_packet.set_value(packet);
                  client.write(puback(mid_of(packet)));
                  client.wait_for_end();
                }});
  TransportProbe probe(config_for(turns.server), quick());
  CHECK(connect(probe) == "connected");
  REQUIRE_FALSE(probe.publish(1, "t", "1"));
  REQUIRE(probe.wait_for("disconnected connection_dropped"));
  probe.on_loop([](MqttTransport& transport) { transport.cancel_all_operations(); });
  CHECK(connect(probe) == "connected");
  REQUIRE_FALSE(probe.publish(2, "t", "2"));
  CHECK(probe.wait_for("ack 2"));
  CHECK(payload_of(first_packet.get_future().get()) == "2");
  CHECK(probe.told() == Lines{"connected", "disconnected connection_dropped",
                              "ack 1 operation_cancelled", "connected", "ack 2"});
}

TEST_CASE("Reconnect: a subscription of the old connection is not answered for by the new one") {
  InTurn turns({[](ScriptedConnection& client) {
                  client.accept_client(certificate());
                  client.read_packet();
                  client.read_packet();
                  client.reset();
                },
                [](ScriptedConnection& client) {
                  client.accept_client(certificate());
                  client.write(suback(mid_of(client.read_packet()), 0x80));
                  client.wait_for_end();
                }});
  TransportProbe probe(config_for(turns.server), quick());
  CHECK(connect(probe) == "connected");
  REQUIRE_FALSE(probe.subscribe(1, "first"));
  REQUIRE_FALSE(probe.publish(2, "t"));
  REQUIRE(probe.wait_for("disconnected connection_dropped"));
  probe.give_up(2);  // So that packet identifiers begin again at 1.
  CHECK(connect(probe) == "connected");
  REQUIRE_FALSE(probe.subscribe(3, "second"));
  CHECK(probe.wait_for("ack 3 protocol_client"));
  CHECK(contains(probe.last_detail(), "second"));
  CHECK(probe.told().size() == 4);
}

TEST_CASE("Reconnect: half a packet of the old connection is not counted in the new one") {
  const std::string half = publish_packet("t", std::string(60'000, 'x')).substr(0, 40'000);
  const auto part_of_a_packet = [&](ScriptedConnection& client) {
    client.accept_client(certificate());
    client.read_packet();
    client.write(half);
    client.reset();
  };
  InTurn turns({part_of_a_packet, part_of_a_packet, serve});
  MosquittoTransportOptions options = quick();
  options.max_packet_size = 70'000;
  TransportProbe probe(config_for(turns.server), options);
  for (int dropped = 1; dropped <= 2; ++dropped) {
    CHECK(connect(probe) == "connected");
    // It is sent again later.
    if (dropped == 1) REQUIRE_FALSE(probe.publish(1, "t"));
    REQUIRE(probe.wait_for("disconnected connection_dropped", dropped));
  }
  CHECK(connect(probe) == "connected");
  CHECK(probe.wait_for("ack 1"));
}

TEST_CASE("Reconnect: what a server did not take of the old connection is not sent in the new") {
  std::promise<void> full;
  auto is_full = full.get_future().share();
  std::promise<std::string> packets;
  InTurn turns({[&](ScriptedConnection& client) {
                  client.accept_client(certificate());
                  is_full.wait();
                  client.reset();
                },
                [&](ScriptedConnection& client) {
                  client.accept_client(certificate());
                  std::string seen;
                  for (std::string packet; !(packet = client.read_packet()).empty();) {
                    if (type_of(packet) != PacketType::publish) continue;
                    seen += is_sent_again(packet) ? "again " : "first ";
                    client.write(puback(mid_of(packet)));
                    if (payload_of(packet) == "last") break;
                  }
                  packets.set_value(seen);
                  client.wait_for_end();
                }});
  TransportProbe probe(config_for(turns.server), quick());
  CHECK(connect(probe) == "connected");
  constexpr std::uint32_t kLarge = 40;
  for (std::uint32_t i = 0; i < kLarge; ++i) {
    REQUIRE_FALSE(probe.publish(i, "t", std::string(256 * 1024, 'x')));
  }
  full.set_value();
  REQUIRE(probe.wait_for("disconnected connection_dropped"));
  CHECK(connect(probe) == "connected");
  REQUIRE_FALSE(probe.publish(99, "t", "last"));
  REQUIRE(probe.wait_for("ack 99"));
  std::string expected;
  for (std::uint32_t i = 0; i < kLarge; ++i) expected += "again ";
  CHECK(packets.get_future().get() == expected + "first ");
}

TEST_CASE(
    "Reconnect: a name is resolved anew, and a late answer to an earlier connect is ignored") {
  InTurn turns({serve});
  MosquittoTransportOptions options;
  const auto resolver = std::make_shared<FixedResolver>(Lines{});
  options.resolver = resolver;
  TransportProbe probe(config_for(turns.server), options);
  REQUIRE_FALSE(probe.connect());
  probe.on_loop([](MqttTransport& transport) {
    CHECK(contains(transport.cancel_connect(), "waiting for the name to be resolved"));
  });
  resolver->answer_at_last();
  probe.turn();
  CHECK(turns.server.clients() == 0);
  REQUIRE_FALSE(probe.connect());
  probe.turn();
  resolver->answer_at_last();
  CHECK(probe.wait_for("connected"));
  CHECK(probe.told().size() == 1);
}
