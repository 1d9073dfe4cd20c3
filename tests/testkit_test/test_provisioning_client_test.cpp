#include "testkit/test_provisioning_client.hpp"

#include <doctest/doctest.h>

#include "support/doctest_texts.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

TEST_CASE("TestProvisioningClient: a registration of an application ends without waiting") {
  TestProvisioningClient dps;
  ProvisioningDeviceClient client = dps.client();
  client.set_provisioning_payload({{"model", "m1"}});
  dps.script_registrations({assigning, assigning});
  CHECK(client.register_device().registration_state->assigned_hub == "hub1.azure-devices.test");
  CHECK(dps.loop->now() >= SteadyTime(3s));
  REQUIRE(dps.requests().size() == 3);
  CHECK(dps.requests()[0]["payload"]["model"].as_string() == "m1");
}

TEST_CASE("TestProvisioningClient: an answer of the service may have a status") {
  TestProvisioningClient dps;
  dps.script_registrations({status(401), status(429), status(503)});
  CHECK(dps.start_register().error().service_status() == 401);
  const auto throttled = dps.start_register();
  CHECK_FALSE(throttled.done());
  dps.advance(1min);
  CHECK(throttled.succeeded());
  CHECK(dps.requests().size() == 4);
}

TEST_CASE("TestProvisioningClient: an answer may be lost, late, slow or come twice") {
  const struct {
    const char* name;
    Reply reply;
    Duration after;
  } kCases[] = {{"lost", lost, 30s},
                {"late", late, 0s},
                {"slow", slow(9s), 9s},
                {"duplicate", duplicate, 0s}};
  for (const auto& each : kCases) {
    CAPTURE(each.name);
    TestProvisioningClient dps;
    dps.script_registrations({each.reply});
    const auto call = dps.start_register();
    if (each.after > 0s) {
      dps.advance(each.after - 1ns);
      CHECK_FALSE(call.done());
    }
    dps.advance(each.after > 0s ? 1ns : 0ns);
    dps.release();
    CHECK(call.done());
    CHECK(call.succeeded() == (each.after != Duration(30s)));
  }
}

TEST_CASE("TestProvisioningClient: connects and the subscription may be refused") {
  TestProvisioningClient dps;
  dps.script_connects({connack(5)});
  CHECK(dps.start_register().error().code() == Errc::unauthorized);
  dps.script_subscribes({refuse});
  CHECK(dps.start_register().error().code() == Errc::protocol_client);
  CHECK(dps.start_register().succeeded());
}

TEST_CASE("TestProvisioningClient: a test may end while a registration waits") {
  TestProvisioningClient dps;
  dps.script_registrations({lost});
  CHECK_FALSE(dps.start_register().done());
}

}  // namespace
}  // namespace azure::iot::device::test
