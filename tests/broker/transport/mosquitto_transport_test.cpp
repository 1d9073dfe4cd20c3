#include <doctest/doctest.h>

#include "tests/broker/transport/transport_configs.hpp"

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
  CHECK(probe.last_detail().find("key or token") != std::string::npos);
}
