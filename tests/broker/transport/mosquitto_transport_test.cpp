#include <doctest/doctest.h>

#include "tests/support/broker_process.hpp"
#include "tests/support/transport_configs.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;

namespace {

BrokerProcess& broker() {
  static BrokerProcess broker;
  return broker;
}

}  // namespace

TEST_CASE("MosquittoTransport: what is published comes back to a subscriber") {
  TransportProbe probe(config_for(broker().port(), broker().ca()));
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  REQUIRE_FALSE(probe.subscribe(1, "round/trip"));
  REQUIRE(probe.wait_for("ack 1"));
  REQUIRE_FALSE(probe.publish(2, "round/trip", "hello"));
  CHECK(probe.wait_for("message round/trip hello"));
  CHECK(probe.wait_for("ack 2"));
  REQUIRE_FALSE(probe.disconnect());
  CHECK(probe.wait_for("disconnected"));
  CHECK(probe.told().size() == 5);
}

TEST_CASE("MosquittoTransport: a wrong password is an unauthorized client") {
  TransportProbe probe(config_for(broker().port(), broker().ca()));
  REQUIRE_FALSE(probe.connect("wrong"));
  CHECK(probe.wait_for("failed unauthorized"));
  CHECK(probe.told().size() == 1);
  CHECK(probe.last_detail().find("did not authorize the client") != std::string::npos);
}

TEST_CASE("MosquittoTransport: over a restart of the broker every publish is acknowledged") {
  BrokerProcess restarted;
  TransportProbe probe(config_for(restarted.port(), restarted.ca()));
  probe.inside = [](MqttTransport& transport, const std::string& line) {
    // In place of the stages above, which redial.
    if (line.rfind("disconnected", 0) == 0) CHECK_FALSE(transport.connect("secret"));
    if (line.rfind("failed", 0) == 0) CHECK_FALSE(transport.connect("secret"));
  };
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  std::uint32_t sent = 0;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 500; ++i) {
      if (probe.publish(sent + 1, "t", std::string(200, 'x'))) {
        REQUIRE(probe.wait_for("connected", round + 1));
        continue;
      }
      ++sent;
      if (i == 400) restarted.kill();
    }
    restarted.start();
    REQUIRE(probe.wait_for("connected", round + 2));
  }
  REQUIRE_FALSE(probe.publish(++sent, "t"));
  CHECK(probe.wait_for("ack " + std::to_string(sent)));
  const Lines told = probe.told();
  std::uint32_t acknowledged = 0;
  for (const std::string& line : told) {
    if (line.rfind("ack ", 0) == 0) CHECK(line == "ack " + std::to_string(++acknowledged));
  }
  CHECK(acknowledged == sent);
}
