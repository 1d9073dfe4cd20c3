// The simulated provisioning service, as any device sees it.
#include <doctest/doctest.h>

#include "common/crypto.hpp"
#include "raw_registration.hpp"

using namespace azure::iot::device::test;
using namespace std::chrono_literals;

TEST_CASE("DPS: a device is told to wait, then its hub, which knows it from then on") {
  SimulatorProcess hub({.devices = {"other"}});
  DpsProcess dps({&hub}, {"--enrollment", "r1", "--enrollment", "r2"});
  CHECK(connect_to(hub, "r1", dps.key("r1")) == 5);
  RawRegistration registration(dps, "r1", dps.key("r1"));
  REQUIRE(registration.start());
  const std::string first = registration.begin();
  CHECK(has(first, "$dps/registrations/res/202/?$rid=1&retry-after=1 "));
  CHECK(has(first, "\"status\":\"assigning\""));
  const std::string last = registration.query(RawRegistration::operation_in(first));
  CHECK(has(last, "$dps/registrations/res/200/?$rid=2 "));
  CHECK(has(last, "\"status\":\"assigned\""));
  CHECK(has(last, "\"assignedHub\":\"" + hub.host() + "\""));
  CHECK(has(last, "\"deviceId\":\"r1\""));
  CHECK(has(last, "\"substatus\":\"initialAssignment\""));
  CHECK(connect_to(hub, "r1", dps.key("r1")) == 0);
  CHECK(connect_to(hub, "r1", dps.key("r2")) == 5);
  CHECK(connect_to(hub, "r2", dps.key("r2")) == 5);
  CHECK(dps.count("registering", "r1") == 1);
}

TEST_CASE("DPS: a device of a group has a key of its own, made from the group's") {
  using azure::iot::device::simulator::base64_decode;
  using azure::iot::device::simulator::base64_encode;
  using azure::iot::device::simulator::hmac_sha256;
  SimulatorProcess hub({.devices = {"other"}});
  DpsProcess dps({&hub}, {"--group", "fleet", "--enrollment", "r1"});
  const auto key = [&](const std::string& id) {
    return base64_encode(hmac_sha256(*base64_decode(dps.key("fleet")), id));
  };
  RawRegistration member(dps, "g1", key("g1"));
  REQUIRE(member.start());
  CHECK(has(member.finish(), "\"assigned\""));
  CHECK(connect_to(hub, "g1", key("g1")) == 0);
  CHECK(RawRegistration(dps, "g1", key("g2")).device().connect() == 5);
  CHECK(RawRegistration(dps, "g1", dps.key("fleet")).device().connect() == 5);
  CHECK(RawRegistration(dps, "r1", key("r1")).device().connect() == 5);  // It has its own.
}

TEST_CASE("DPS: who is not enrolled, or names another scope, is refused") {
  SimulatorProcess hub({.devices = {"other"}});
  DpsProcess dps({&hub}, {"--enrollment", "r1", "--id-scope", "0ne1"});
  CHECK(dps.id_scope() == "0ne1");
  CHECK(RawRegistration(dps, "r1", dps.key("r1"), "0ne2").device().connect() == 5);
  CHECK(RawRegistration(dps, "r2", dps.key("r1")).device().connect() == 5);
  RawDevice other(dps.process(), "r1",
                  {.user_name = "0ne1/registrations/r1/api-version=2019-03-31",
                   .password = make_sas_token("0ne1/registrations/r1", dps.key("r1"), -1s)});
  CHECK(other.connect() == 5);
  CHECK(dps.count("refused") == 3);
}

TEST_CASE("DPS: what comes of an enrollment is as it was told") {
  SimulatorProcess hub({.devices = {"other"}});
  DpsProcess dps({&hub}, {"--enrollment", "r1"});
  RawRegistration registration(dps, "r1", dps.key("r1"));
  REQUIRE(registration.start());

  dps.enroll("r1", R"({"outcome": "failed", "retry_after": 7})");
  CHECK(has(registration.begin(), "retry-after=7"));
  const std::string failed = registration.finish();
  CHECK(has(failed, "\"status\":\"failed\""));
  CHECK(has(failed, "\"errorCode\":400207"));
  dps.enroll("r1", R"({"outcome": "disabled"})");
  CHECK(has(registration.finish(), "\"status\":\"disabled\""));
  dps.enroll("r1", R"({"outcome": "assigned", "throttled": 2})");
  CHECK(has(registration.begin(), "res/429/?$rid=1&retry-after=7 "));
  CHECK(has(registration.begin(), "res/429/"));
  dps.enroll("r1", R"({"assigning": 2, "payload": "{\"x\": 1}", "device_id": "renamed"})");
  const std::string begun = registration.begin();
  const std::string operation = RawRegistration::operation_in(begun);
  CHECK(has(registration.query(operation), "res/202/"));
  CHECK(has(registration.query(operation), "res/202/"));
  const std::string last = registration.query(operation);
  CHECK(has(last, "\"payload\":{\"x\":1}"));
  CHECK(has(last, "\"deviceId\":\"renamed\""));
  CHECK(has(registration.query("unknown"), "res/404/"));
  CHECK(has(registration.ask("$dps/registrations/PUT/iotdps-register/?$rid=1", "{}"), "res/400/"));
  CHECK_THROWS(dps.enroll("r1", R"({"outcome": "lost"})"));
  CHECK_THROWS(dps.enroll("r1", R"({"hub": "nowhere"})"));
  CHECK_THROWS(dps.enroll("new", "{}"));  // It has no key.
}

TEST_CASE("DPS: a topic that it does not know ends the link") {
  SimulatorProcess hub({.devices = {"other"}});
  DpsProcess dps({&hub}, {"--enrollment", "r1"});
  RawRegistration one(dps, "r1", dps.key("r1"));
  REQUIRE(one.start());
  one.device().publish("devices/r1/messages/events/", "x");
  CHECK(one.device().wait_for_loss());
  RawRegistration two(dps, "r1", dps.key("r1"));
  REQUIRE(two.device().connect() == 0);
  CHECK_FALSE(two.device().subscribe("$iothub/twin/res/#"));
}

TEST_CASE("DPS: a device that is given to another hub is unknown to the one before") {
  SimulatorProcess first({.devices = {"other"}});
  SimulatorProcess second({.devices = {"other"}, .arguments = {"--address", "127.0.0.2"}});
  DpsProcess dps({&first, &second}, {"--enrollment", "r1"});
  RawRegistration registration(dps, "r1", dps.key("r1"));
  REQUIRE(registration.start());
  CHECK(has(registration.finish(), "\"assignedHub\":\"" + first.host() + "\""));
  CHECK(connect_to(first, "r1", dps.key("r1")) == 0);
  dps.enroll("r1", R"({"hub": "127.0.0.2"})");
  const std::string moved = registration.finish();
  CHECK(has(moved, "\"assignedHub\":\"127.0.0.2\""));
  CHECK(has(moved, "\"substatus\":\"deviceDataReset\""));
  CHECK(connect_to(first, "r1", dps.key("r1")) == 5);
  CHECK(connect_to(second, "r1", dps.key("r1")) == 0);
}

TEST_CASE("DPS: more registrations a second than it allows are answered with 429") {
  SimulatorProcess hub({.devices = {"other"}});
  DpsProcess dps({&hub}, {"--enrollment", "r1", "--register-rate", "2"});
  RawRegistration registration(dps, "r1", dps.key("r1"));
  REQUIRE(registration.start());
  int throttled = 0;
  for (int i = 0; i < 20; ++i) throttled += has(registration.begin(), "res/429/");
  CHECK(throttled > 0);
  CHECK(dps.count("throttled", "r1") == static_cast<std::size_t>(throttled));
}

TEST_CASE("DPS: what an enrollment was changed to outlives the broker") {
  SimulatorProcess hub({.devices = {"other"}});
  DpsProcess dps({&hub}, {"--enrollment", "r1"});
  dps.enroll("r1", R"({"outcome": "disabled"})");
  dps.process().restart_broker();
  RawRegistration registration(dps, "r1", dps.key("r1"));
  REQUIRE(registration.start());
  CHECK(has(registration.finish(), "\"status\":\"disabled\""));
}
