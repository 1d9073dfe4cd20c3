#include <atomic>
#include <ctime>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "tests/support/process_probe.hpp"
#include "tests/support/transport_configs.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

namespace {

constexpr int kMessages = 100'000;

std::string text_of(int number) { return std::to_string(number) + std::string(100, '.'); }

// Sends all messages, in pieces, as fast as the client reads them, then hangs up if requested.
ScriptedServer::Script burst(std::atomic<int>& sent, bool hang_up) {
  return [&sent, hang_up](ScriptedConnection& client) {
    client.accept_client(certificate());
    client.read_packet();  // The test is ready.
    std::string piece;
    for (int i = 0; i < kMessages; ++i) {
      piece += publish_packet("t", text_of(i));
      if (piece.size() < 8192 && i + 1 < kMessages) continue;
      client.write(piece);
      piece.clear();
      sent = i + 1;
      if (hang_up) return;
    }
    client.wait_for_end();
  };
}

// Returns once the server has been unable to send for a while.
void wait_until_stuck(const std::atomic<int>& sent) {
  for (int before = -1; before != sent || sent == 0;) {
    before = sent;
    std::this_thread::sleep_for(300ms);
  }
}

// Whether every message is reported within a minute, since a sanitizer slows so many down. Counts
// them, since searching for the last one each time would take longest.
bool all_told(const TransportProbe& probe) {
  constexpr std::size_t kWithConnected = kMessages + 1;
  bool told = false;
  for (int i = 0; i < 6 && !told; ++i) told = probe.wait_for_count(kWithConnected);
  return told;
}

void pause(TransportProbe& probe, bool paused) {
  probe.on_loop([=](MqttTransport& transport) { transport.pause_reading(paused); });
}

}  // namespace

TEST_CASE("Pause: a burst waits at the server, in no memory of ours, and then arrives whole") {
  std::atomic<int> sent = 0;
  ScriptedServer server(burst(sent, false));
  TransportProbe probe(config_for(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  pause(probe, true);
  const std::size_t before = resident_memory();
  REQUIRE_FALSE(probe.publish(1, "go"));
  wait_until_stuck(sent);
  CHECK(probe.told() == Lines{"connected"});
  CHECK(sent < kMessages);
  if (!kSanitized) CHECK(resident_memory() < before + 2 * 1024 * 1024);

  // No busy loop over the unread bytes.
  const std::clock_t cpu_before = std::clock();
  std::this_thread::sleep_for(1s);
  CHECK(static_cast<double>(std::clock() - cpu_before) / CLOCKS_PER_SEC < 0.01);

  pause(probe, false);
  REQUIRE(all_told(probe));
  const Lines told = probe.told();
  REQUIRE(told.size() == kMessages + 1);
  bool in_order = true;
  for (int i = 0; i < kMessages; ++i) {
    in_order = in_order && told[static_cast<std::size_t>(i) + 1] == "message t " + text_of(i);
  }
  CHECK(in_order);
}

TEST_CASE("Pause: what is sent goes out, and a shutdown ends at once") {
  std::atomic<int> received = 0;
  ScriptedServer server([&](ScriptedConnection& client) {
    client.accept_client(certificate());
    for (std::string packet; !(packet = client.read_packet()).empty(); ++received) {
    }
  });
  TransportProbe probe(config_for(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  pause(probe, true);
  for (std::uint32_t i = 0; i < 50; ++i) REQUIRE_FALSE(probe.publish(i, "t", "x"));
  const auto begin = std::chrono::steady_clock::now();
  while (received < 50 && std::chrono::steady_clock::now() - begin < 10s) {
    std::this_thread::sleep_for(1ms);
  }
  CHECK(received == 50);
  const auto shutdown_begin = std::chrono::steady_clock::now();
  probe.destroy();
  CHECK(std::chrono::steady_clock::now() - shutdown_begin < 1s);
}

TEST_CASE("Pause: a server that hangs up is noticed, and what it sent before is told first") {
  std::atomic<int> sent = 0;
  ScriptedServer server(burst(sent, true));
  TransportProbe probe(config_for(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  pause(probe, true);
  REQUIRE_FALSE(probe.publish(1, "go"));
  REQUIRE(probe.wait_for("disconnected connection_dropped"));
  const Lines told = probe.told();
  CHECK(told.size() == static_cast<std::size_t>(sent) + 2);
  CHECK(told[1] == "message t " + text_of(0));
}
