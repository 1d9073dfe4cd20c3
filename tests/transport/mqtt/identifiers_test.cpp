// Packet identifiers, of which there are 65,535.
#include <atomic>
#include <set>

#include <doctest/doctest.h>

#include "tests/support/transport_configs.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;

namespace {

// Sends more publishes than there are identifiers, a few at a time.
void publish_many(TransportProbe& probe, std::uint32_t first, std::uint32_t count) {
  constexpr std::uint32_t kAtATime = 2000;
  for (std::uint32_t done = 0; done < count; done += kAtATime) {
    probe.on_loop([&](MqttTransport& transport) {
      for (std::uint32_t i = 0; i < kAtATime; ++i) {
        if (transport.publish(OpKey{first + done + i, 1}, "t", "")) FAIL("not published");
      }
    });
    REQUIRE(probe.wait_for("ack " + std::to_string(first + done + kAtATime - 1)));
  }
}

}  // namespace

TEST_CASE("Identifiers: one whose packet is not acknowledged is not given to another") {
  std::atomic<int> reused = 0;
  ScriptedServer server([&](ScriptedConnection& client) {
    if (!client.accept_client(certificate())) return;
    std::set<std::uint16_t> kept;  // Never acknowledged.
    for (std::string packet; !(packet = client.read_packet()).empty();) {
      if (type_of(packet) == PacketType::subscribe) {
        kept.insert(mid_of(packet));
        continue;
      }
      if (type_of(packet) != PacketType::publish) continue;
      const std::uint16_t mid = mid_of(packet);
      if (kept.count(mid) != 0) ++reused;
      if (payload_of(packet) == "keep") {
        kept.insert(mid);
      } else {
        client.write(puback(mid));
      }
    }
  });
  TransportProbe probe(config_for(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  REQUIRE_FALSE(probe.publish(1, "t", "keep"));
  REQUIRE_FALSE(probe.publish(2, "t", "keep"));
  REQUIRE_FALSE(probe.subscribe(3, "topic"));
  publish_many(probe, 10, 66'000);
  CHECK(reused == 0);
  for (const std::string& line : probe.told()) {
    CHECK_FALSE(line == "ack 1");
    CHECK_FALSE(line == "ack 2");
    CHECK_FALSE(line == "ack 3");
  }
}
