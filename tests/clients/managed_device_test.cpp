#include "clients/managed_device.hpp"

#include <doctest/doctest.h>

#include "tests/clients/managed.hpp"

namespace azure::iot::device::test {
namespace {

TEST_CASE("ManagedDevice: connect registers, connects to the hub, and brings a client") {
  Managed device;
  CHECK(device.core->client() == nullptr);
  device.dps.answers = {assigning(), assigned_to("hub1.test")};
  CHECK(device.connect().succeeded());
  REQUIRE(device.core->client());
  CHECK(device.core->client()->connected());
  CHECK(device.hub.config().hostname == "hub1.test");
  CHECK(device.new_clients == 1);
  CHECK(device.connect().succeeded());  // There is a client already.
  CHECK(device.registrations() == 1);
  CHECK(device.hub.dials() == 1);
}

TEST_CASE("ManagedDevice: a lost link is made again without a registration") {
  Managed device;
  device.dps.answers = {assigned_to("hub1.test")};
  device.connect();
  device.hub.script({refuse, refuse, accept});
  device.hub.drop();
  device.advance(1min);
  CHECK(device.core->client()->connected());
  CHECK(device.registrations() == 1);
  CHECK(device.new_clients == 1);
}

TEST_CASE("ManagedDevice: after ten failed connects it registers again, and not before") {
  Managed device;
  device.dps.answers = {assigned_to("hub1.test"), assigned_to("hub2.test")};
  device.connect();
  const auto before = device.core->client();
  device.hub.script(
      {refuse, refuse, refuse, refuse, refuse, refuse, refuse, refuse, refuse, refuse});
  device.hub.drop();
  device.advance(89s);  // The first at once, then every 10 s.
  CHECK(device.hub.dials() == 10);
  CHECK(device.registrations() == 1);
  CHECK(device.core->client() == before);
  device.advance(3s);
  CHECK(device.registrations() == 2);
  REQUIRE(device.core->client());
  CHECK(device.core->client() != before);
  CHECK(device.core->client()->connected());
  CHECK(device.hub.config().hostname == "hub2.test");
  CHECK(device.new_clients == 2);
  CHECK(device.told.empty());
  CHECK_THROWS_AS(before->send_message("late"), ClientError);
}

TEST_CASE("ManagedDevice: a connect that succeeds in between begins the count anew") {
  Managed device({.failed_connects = 2});
  device.dps.answers = {assigned_to("hub1.test")};
  device.connect();
  for (int i = 0; i < 5; ++i) {
    device.hub.script({refuse, accept});
    device.hub.drop();
    device.advance(11s);
  }
  CHECK(device.registrations() == 1);
  CHECK(device.core->client()->connected());
}

TEST_CASE("ManagedDevice: a refusal of the hub has it register at once") {
  Managed device;
  device.dps.answers = {assigned_to("hub1.test"), assigned_to("hub2.test")};
  device.connect();
  device.hub.script({kRefused});
  device.hub.drop();
  device.advance(1s);
  CHECK(device.registrations() == 2);
  CHECK(device.core->client()->connected());
}

TEST_CASE("ManagedDevice: a service that is busy is asked at the pace that it wants") {
  Managed device;
  device.dps.answers = {assigned_to("hub1.test"), {429, "{}", "60"}, assigned_to("hub2.test")};
  device.connect();
  device.hub.script({kRefused});
  device.hub.drop();
  device.advance(59s);
  CHECK(device.registrations() == 2);
  CHECK(device.core->client() == nullptr);
  device.advance(2s);
  CHECK(device.registrations() == 3);
  CHECK(device.core->client()->connected());
}

TEST_CASE("ManagedDevice: a registration that fails in the background is told, and made again") {
  Managed device;
  device.dps.answers = {
      assigned_to("hub1.test"), {404, "{}"}, {404, "{}"}, assigned_to("hub1.test")};
  device.connect();
  device.hub.script({kRefused});
  device.hub.drop();
  // A refusal is unlikely to end soon, so the pause is between half and all of five minutes.
  device.advance(500ms);
  for (std::size_t failed = 1; failed <= 2; ++failed) {
    CHECK(device.told.size() == failed);
    device.advance(224s);
    CHECK(device.registrations() == 1 + failed);
    device.advance(1s);
  }
  CHECK(device.registrations() == 4);
  CHECK(device.told.at(0).find("Status 404") != std::string::npos);
  REQUIRE(device.core->client());
  CHECK(device.core->client()->connected());
}

TEST_CASE("ManagedDevice: a service that cannot be reached is dialled with pauses that grow") {
  Managed device;
  device.dps.answers = {assigned_to("hub1.test"), assigned_to("hub1.test")};
  device.connect();
  device.dps.transport.otherwise = refuse;
  device.hub.script({kRefused});
  device.hub.drop();
  device.advance(500ms);
  for (const Duration pause : {1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s, 150s, 150s}) {
    const std::size_t dials = device.dps.transport.dials();
    device.advance(pause - 1s);
    CHECK(device.dps.transport.dials() == dials);
    device.advance(1s);
    CHECK(device.dps.transport.dials() == dials + 1);
  }
  CHECK(device.told.size() == 11);
  device.dps.transport.otherwise = accept;
  device.advance(150s);
  CHECK(device.core->client()->connected());
}

// Without pauses this would flood both services.
TEST_CASE("ManagedDevice: a hub that goes on refusing what the service assigns is not stormed") {
  Managed device;
  for (int i = 0; i < 100; ++i) device.dps.answers.push_back(assigned_to("hub1.test"));
  device.connect();
  device.hub.otherwise = kRefused;
  device.hub.drop();
  device.advance(1h);
  CHECK(device.registrations() == 17);  // 225 s apart.
  device.hub.otherwise = accept;
  const auto waiting = device.connect(10min);
  device.advance(5min);
  CHECK(waiting.succeeded());
}

TEST_CASE(
    "ManagedDevice: what prevents the first connect is told to the caller, who may try again") {
  Managed device;
  device.dps.answers = {{401, "{}"}, assigned_to("hub1.test"), assigned_to("hub2.test")};
  CHECK(device.connect().error().service_status() == 401);
  device.hub.script({refuse});
  CHECK(device.connect().error().code() == Errc::connection_failed);
  device.hub.script({kRefused});
  CHECK(device.connect().error().code() == Errc::unauthorized);
  CHECK(device.registrations() == 2);  // The assignment to the unreachable hub was reused.
  CHECK(device.connect().succeeded());
  CHECK(device.registrations() == 3);  // The assignment to the hub that refused was not.
  CHECK(device.hub.config().hostname == "hub2.test");
  CHECK(device.told.empty());
}

TEST_CASE("ManagedDevice: connect ends in time, and goes on behind") {
  Managed device;
  const auto call = device.connect(10s);
  device.advance(8s - 1ms);
  CHECK_FALSE(call.done());
  device.advance(1ms);
  CHECK(call.error().code() == Errc::timed_out);
}

TEST_CASE("ManagedDevice: a connect that has timed out says which of the services it waited for") {
  Managed device;
  const auto said = [&] {
    const auto call = device.connect(5s);
    device.advance(3s);
    REQUIRE(call.error().code() == Errc::timed_out);
    return detail::exception_text(call.error(), device.core->service());
  };
  const auto contains = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  const std::string registering = said();
  CHECK(contains(registering, "still registering"));
  CHECK(contains(registering, "provisioning service"));
  device.dps.answers = {assigned_to("hub1.test")};
  device.dps.transport.drop();
  device.advance(5min);
  device.hub.script({stall});
  const std::string connecting = said();
  CHECK(contains(connecting, "still connects to the hub"));
  CHECK_FALSE(contains(connecting, "provisioning service"));
}

TEST_CASE("ManagedDevice: shutdown ends it in any state, and nothing is dialled afterwards") {
  const auto ends = [](Managed& device) {
    const auto waiting = device.connect();
    const auto shutdown = device.shutdown();
    device.advance(1s);
    CHECK(shutdown.succeeded());
    CHECK(waiting.done());
    CHECK(device.core->client() == nullptr);
    const std::size_t dials = device.hub.dials() + device.dps.transport.dials();
    device.advance(24h);
    CHECK(device.hub.dials() + device.dps.transport.dials() == dials);
    CHECK(device.connect().error().code() == Errc::pipeline_not_running);
  };
  Managed registering;
  ends(registering);
  Managed connecting;
  connecting.dps.answers = {assigned_to("hub1.test")};
  connecting.hub.script({stall});
  ends(connecting);
  Managed connected;
  connected.dps.answers = {assigned_to("hub1.test")};
  ends(connected);
  Managed pausing;
  pausing.dps.answers = {assigned_to("hub1.test"), {404, "{}"}};
  pausing.connect();
  pausing.hub.script({kRefused});
  pausing.hub.drop();
  pausing.advance(1ms);
  ends(pausing);
}

TEST_CASE(
    "ManagedDevice: a client that the application shut down is replaced by the next connect") {
  Managed device;
  device.dps.answers = {assigned_to("hub1.test")};
  device.connect();
  const auto before = device.core->client();
  before->shutdown();
  device.advance(1h);
  CHECK(device.hub.dials() == 1);
  CHECK(device.connect().succeeded());
  CHECK(device.core->client() != before);
  CHECK(device.registrations() == 1);
}

}  // namespace
}  // namespace azure::iot::device::test
