// Behaviour as time passes, in skipped time instead of real waits.
#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include <doctest/doctest.h>

#include "pipeline/loop/epoll_loop.hpp"
#include "tests/support/transport_configs.hpp"
#include "tests/transport/mqtt/steered_clock.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<EventLoop> steered_loop() {
  return EpollLoop::start(std::make_shared<SteeredClock>());
}

// Acknowledges publishes, answers pings if `answers_pings`, and counts both.
struct Server {
  std::atomic<bool> answers_pings = true;
  std::atomic<int> pings = 0;
  std::atomic<int> answers = 0;  // Sent so far.
  ScriptedServer server{[this](ScriptedConnection& client) {
    client.accept_client(certificate());
    for (std::string packet; !(packet = client.read_packet()).empty();) {
      if (type_of(packet) == PacketType::publish) client.write(puback(mid_of(packet)));
      if (type_of(packet) != PacketType::pingreq) continue;
      ++pings;
      if (!answers_pings) continue;
      client.write(pingresp());
      ++answers;
    }
  }};
};

// Completes pending work before the time passes.
void pass(TransportProbe& probe, Duration time) {
  probe.turn();
  skip(time);
  probe.turn();
}

// libmosquitto counts whole seconds, so it may need one more.
void pass_until_due(TransportProbe& probe, Duration time) {
  pass(probe, time);
  for (int i = 0; i < 2; ++i) pass(probe, 1s);
}

// Returns whether a publish is acknowledged: the connection is up, and earlier packets have
// arrived.
bool is_alive(TransportProbe& probe) {
  static std::uint32_t key = 1000;
  ++key;
  return !probe.publish(key, "t") && probe.wait_for("ack " + std::to_string(key));
}

}  // namespace

TEST_CASE("Keep-alive: an idle client pings when it is due, not before, and stays connected") {
  Server far_end;
  TransportProbe probe(config_for(far_end.server), quick(), steered_loop());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  for (int pings = 0; pings < 3; ++pings) {
    pass(probe, 50s);
    CHECK(is_alive(probe));
    CHECK(far_end.pings == pings);
    pass_until_due(probe, 60s);
    CHECK(is_alive(probe));
    CHECK(far_end.pings == pings + 1);
  }
}

TEST_CASE("Keep-alive: a client that only sends pings too, since it hears nothing") {
  Server far_end;
  TransportProbe probe(config_for(far_end.server), quick(), steered_loop());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  for (int i = 0; i < 4; ++i) {
    pass(probe, 16s);
    // Without a connection nothing is acknowledged: this is sent and never answered.
    if (i < 3) REQUIRE_FALSE(probe.subscribe(1, "t"));
  }
  pass(probe, 1s);
  CHECK(is_alive(probe));
  CHECK(far_end.pings == 1);
}

TEST_CASE("Keep-alive: a server that does not answer a ping is given up after as long again") {
  Server far_end;
  far_end.answers_pings = false;
  auto config = config_for(far_end.server);
  config.keep_alive = 600s;  // Many times the delays of a busy machine.
  TransportProbe probe(config, quick(), steered_loop());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  pass_until_due(probe, 600s);
  pass(probe, 550s);
  CHECK(probe.told() == Lines{"connected"});
  pass_until_due(probe, 60s);
  REQUIRE(probe.wait_for("disconnected connection_dropped"));
  CHECK(far_end.pings == 1);
  CHECK(contains(probe.last_detail(), "keep-alive"));
}

TEST_CASE("Keep-alive: a connection that the machine slept through is given up, without a ping") {
  Server far_end;
  TransportProbe probe(config_for(far_end.server), quick(), steered_loop());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  pass(probe, 80s);  // The server still waits.
  CHECK(is_alive(probe));
  CHECK(far_end.pings == 1);
  pass(probe, 95s);
  REQUIRE(probe.wait_for("disconnected connection_dropped"));
  CHECK(far_end.pings == 1);
}

TEST_CASE("Keep-alive: pings and their answers are no packet that grows") {
  Server far_end;
  MosquittoTransportOptions options = quick();
  options.max_packet_size = 4096;  // Room for a handshake, and for 150 answers.
  TransportProbe probe(config_for(far_end.server), options, steered_loop());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  for (int i = 1; i <= 200; ++i) {
    pass_until_due(probe, 60s);
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (far_end.answers < i && std::chrono::steady_clock::now() < end) probe.turn();
    REQUIRE(far_end.answers == i);
    probe.turn();  // The answer is read before more time passes.
    probe.turn();
  }
  CHECK(is_alive(probe));
}

TEST_CASE("Keep-alive: without one a connection is left alone for as long as it likes") {
  Server far_end;
  auto config = config_for(far_end.server);
  config.keep_alive = 0s;
  TransportProbe probe(config, quick(), steered_loop());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  pass(probe, 48h);
  CHECK(is_alive(probe));
  CHECK(far_end.pings == 0);
}

TEST_CASE("Patience: once a connect has ended, its deadline means nothing any more") {
  Server far_end;
  ScriptedServer silent([](ScriptedConnection& client) { client.wait_for_end(); });
  auto config = config_for(far_end.server);
  config.keep_alive = 0s;
  TransportProbe connected(config, quick(30s), steered_loop());
  REQUIRE_FALSE(connected.connect());
  REQUIRE(connected.wait_for("connected"));
  pass(connected, 31s);
  CHECK(is_alive(connected));
  REQUIRE_FALSE(connected.disconnect());
  REQUIRE(connected.wait_for("disconnected"));
  const std::size_t told = connected.told().size();
  pass(connected, 31s);  // The deadline of the disconnect does not fire either.
  CHECK(connected.told().size() == told);

  config.port = free_port();
  TransportProbe refused(config, quick(30s), steered_loop());
  REQUIRE_FALSE(refused.connect());
  REQUIRE(refused.wait_for("failed connection_failed"));
  pass(refused, 31s);
  CHECK(refused.told().size() == 1);

  config.port = silent.port();
  TransportProbe cancelled(config, quick(30s), steered_loop());
  REQUIRE_FALSE(cancelled.connect());
  cancelled.on_loop([](MqttTransport& transport) { transport.cancel_connect(); });
  pass(cancelled, 31s);
  CHECK(cancelled.told().empty());
}

TEST_CASE("Patience: a connect ends at its deadline, not before, and names what it waited for") {
  std::promise<void> reached_tls, reached_connack;
  ScriptedServer deaf([](ScriptedConnection& client) { client.wait_for_end(); });
  deaf.drop_packets();
  ScriptedServer without_tls([&](ScriptedConnection& client) {
    if (!client.read(1).empty()) reached_tls.set_value();
    client.wait_for_end();
  });
  ScriptedServer without_connack([&](ScriptedConnection& client) {
    client.start_tls(certificate());
    if (!client.read_packet().empty()) reached_connack.set_value();
    client.wait_for_end();
  });
  MosquittoTransportOptions never_resolved = quick(30s);
  never_resolved.resolver = std::make_shared<FixedResolver>(Lines{});
  struct Phase {
    const char* name;
    std::uint16_t port;
    MosquittoTransportOptions options;
    std::promise<void>* reached;
  };
  const Phase phases[] = {
      {"the name to be resolved", 8883, never_resolved, nullptr},
      {"the TCP connection", deaf.port(), quick(30s), nullptr},
      {"the TLS handshake to end", without_tls.port(), quick(30s), &reached_tls},
      {"the CONNACK", without_connack.port(), quick(30s), &reached_connack}};
  for (const Phase& phase : phases) {
    CAPTURE(phase.name);
    TransportProbe probe(config_for(phase.port, certificate().ca), phase.options, steered_loop());
    REQUIRE_FALSE(probe.connect());
    if (phase.reached)
      REQUIRE(phase.reached->get_future().wait_for(10s) == std::future_status::ready);
    pass(probe, 20s);
    CHECK(probe.told().empty());
    pass(probe, 10s);
    REQUIRE(probe.wait_for("failed connection_failed"));
    const std::string server = "localhost:" + std::to_string(phase.port);
    const std::string address = &phase == phases ? "" : " (127.0.0.1)";
    CHECK(contains(probe.last_detail(), "no connection to " + server + address + " within 30"));
    CHECK(contains(probe.last_detail(), " s: still waiting for " + std::string(phase.name)));
  }
}

TEST_CASE("Patience: of two addresses each has its share, and what is left goes to the second") {
  ScriptedServer silent([](ScriptedConnection& client) { client.wait_for_end(); });
  MosquittoTransportOptions options = quick(30s);
  options.resolver = std::make_shared<FixedResolver>(Lines{"127.0.0.1", "127.0.0.1"});
  TransportProbe probe(config_for(silent.port(), certificate().ca), options, steered_loop());
  REQUIRE_FALSE(probe.connect());
  pass(probe, 14s);
  CHECK(silent.clients() <= 1);
  pass(probe, 1s);
  for (int i = 0; i < 10'000 && silent.clients() < 2; ++i) std::this_thread::sleep_for(1ms);
  CHECK(silent.clients() == 2);
  pass(probe, 10s);
  CHECK(probe.told().empty());
  pass(probe, 5s);
  REQUIRE(probe.wait_for("failed connection_failed"));
  CHECK(contains(probe.last_detail(), "within 15"));
  CHECK(contains(probe.last_detail(), "; no connection to "));
}

TEST_CASE("Patience: a silent address leaves time for the next, which is served") {
  std::atomic<int> clients = 0;
  ScriptedServer server([&](ScriptedConnection& client) {
    if (clients++ > 0) client.accept_client(certificate());
    client.wait_for_end();
  });
  MosquittoTransportOptions options = quick(30s);
  options.resolver = std::make_shared<FixedResolver>(Lines{"127.0.0.1", "127.0.0.1"});
  TransportProbe probe(config_for(server), options, steered_loop());
  REQUIRE_FALSE(probe.connect());
  probe.turn();
  for (int i = 0; i < 10'000 && clients < 1; ++i) std::this_thread::sleep_for(1ms);
  pass(probe, 15s);
  CHECK(probe.wait_for("connected"));
  CHECK(probe.told().size() == 1);
}

TEST_CASE("Patience: a disconnect waits a second for a peer that does not read, and no longer") {
  ScriptedServer server([](ScriptedConnection& client) {
    client.accept_client(certificate());
    client.wait_without_reading();
  });
  TransportProbe probe(config_for(server), quick(), steered_loop());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  for (std::uint32_t i = 0; i < 100; ++i) {
    REQUIRE_FALSE(probe.publish(i, "t", std::string(256 * 1024, 'x')));
  }
  REQUIRE_FALSE(probe.disconnect());
  probe.turn();
  CHECK(probe.told() == Lines{"connected"});
  pass(probe, 1s);
  REQUIRE(probe.wait_for("disconnected"));
  CHECK(probe.told() == Lines{"connected", "disconnected"});
}
