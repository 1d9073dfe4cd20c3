// The attempts to connect that a managed device counts: those of a policy, and not those of calls.
#include <doctest/doctest.h>

#include "tests/clients/managed.hpp"

namespace azure::iot::device::test {
namespace {

void send_in_vain(IoTHubDeviceClient& client) {
  CHECK_THROWS_AS(client.send_message("x", 1s), IotError);
}

TEST_CASE("ManagedDevice: the calls of one moment of an outage count as one attempt") {
  Established device;
  device.hub.otherwise = refuse;
  device.drop();
  for (int i = 0; i < 20; ++i) send_in_vain(*device.before);
  device.advance(1s);
  device.hub.otherwise = accept;
  device.advance(10s);
  CHECK(device.online());
  CHECK(device.core->client() == device.before);
  CHECK(device.registrations() == 1);
}

TEST_CASE("ManagedDevice: calls between the attempts of the policy do not count") {
  Established device({.failed_connects = 5});
  device.hub.otherwise = refuse;
  device.drop();  // The first attempt.
  // The second to the fourth come every 10 s.
  for (int i = 0; i < 39; ++i) {
    send_in_vain(*device.before);
    device.advance(1s);
  }
  CHECK(device.registrations() == 1);
  CHECK(device.core->client() == device.before);
  device.advance(1s);  // The fifth.
  device.hub.otherwise = accept;
  device.advance(2s);
  CHECK(device.registrations() == 2);
  CHECK(device.online());
}

// A device that connects for each message and then disconnects.
TEST_CASE(
    "ManagedDevice: calls count where nothing else connects, as the policy would space them") {
  Established device({.failed_connects = 3});
  device.before->disconnect();
  device.hub.otherwise = refuse;
  for (int i = 0; i < 20; ++i) {  // At 0 s and 10 s.
    send_in_vain(*device.before);
    device.advance(1s);
  }
  CHECK(device.registrations() == 1);
  send_in_vain(*device.before);
  device.hub.otherwise = accept;
  device.advance(2s);
  CHECK(device.registrations() == 2);
  CHECK(device.online());
}

TEST_CASE("ManagedDevice: the pause of a policy of one's own is what spaces the calls that count") {
  struct Minute final : RetryPolicy {
    std::optional<Duration> next_pause(const Failure&) const override { return 1min; }
  };
  Established device({.hub = {.retry_policy = std::make_shared<Minute>()}, .failed_connects = 3});
  device.before->disconnect();
  device.hub.otherwise = refuse;
  for (int i = 0; i < 120; ++i) {
    send_in_vain(*device.before);
    device.advance(1s);
  }
  CHECK(device.registrations() == 1);
  send_in_vain(*device.before);
  device.advance(1s);
  CHECK(device.registrations() == 2);
}

TEST_CASE("ManagedDevice: ten callers of the first connect at one moment are one attempt") {
  Managed device({.failed_connects = 3});
  device.dps.answers = {assigned_to("hub1.test"), assigned_to("hub2.test")};
  device.hub.otherwise = refuse;
  for (int i = 0; i < 10; ++i) {
    Call<void> call;
    device.core->start_connect({}, call.completion());
    device.advance(0s);
    CHECK(call.error().code() == Errc::connection_failed);
  }
  CHECK(device.hub.dials() == 10);
  CHECK(device.registrations() == 1);
  device.hub.otherwise = accept;
  CHECK(device.connect().succeeded());
  CHECK(device.hub.config().hostname == "hub1.test");
}

TEST_CASE("ManagedDevice: failures before a success are forgotten") {
  Established device({.failed_connects = 3});
  for (int i = 0; i < 3; ++i) {
    device.hub.script({refuse, refuse});
    device.drop();
    device.advance(20s);
    CHECK(device.online());
  }
  CHECK(device.registrations() == 1);
}

TEST_CASE("ManagedDevice: an attempt that the application cancels does not count") {
  Established device({.failed_connects = 1});
  device.hub.script({stall});
  device.drop();
  device.before->shutdown();  // In the middle of the redial.
  device.advance(1s);
  CHECK(device.connect().succeeded());
  CHECK(device.registrations() == 1);
  CHECK(device.hub.config().hostname == "hub1.test");
}

}  // namespace
}  // namespace azure::iot::device::test
