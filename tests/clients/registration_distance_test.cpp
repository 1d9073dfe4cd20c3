// The frequency of a managed device's registrations.
#include "clients/detail/registration_distance.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "clients/managed_device.hpp"
#include "tests/clients/managed.hpp"
#include "tests/clients/refusal.hpp"

namespace azure::iot::device::test {
namespace {

using detail::RegistrationDistance;

TEST_CASE("RegistrationDistance: the first registration need not wait, and the third doubles it") {
  RegistrationDistance distance(2s);
  SteadyTime now{};
  CHECK(distance.left(now) == 0s);
  for (const auto expected : {2s, 2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s, 256s, 256s}) {
    distance.registered(now);
    CHECK(distance.left(now) == expected);
    now += expected - 1ns;
    CHECK(distance.left(now) == 1ns);
    now += 1ns;
    CHECK(distance.left(now) == 0s);
    CHECK(distance.left(now + 24h) == 0s);
  }
}

TEST_CASE("RegistrationDistance: only a link that has held for a minute makes it short again") {
  const auto left_after = [](const Duration held, int downs) {
    RegistrationDistance distance(1s);
    SteadyTime now{};
    for (int i = 0; i < 5; ++i) distance.registered(now);
    distance.link_up(now);
    now += held;
    for (int i = 0; i < downs; ++i) distance.link_down(now);
    distance.registered(now);
    return distance.left(now);
  };
  CHECK(left_after(1min - 1ns, 1) == 16s);
  CHECK(left_after(1min, 1) == 1s);
  CHECK(left_after(1min, 2) == 1s);
  CHECK(left_after(1min, 0) == 16s);
  // The time without a link does not count.
  RegistrationDistance lost(1s);
  for (int i = 0; i < 5; ++i) lost.registered({});
  lost.link_up({});
  lost.link_down(SteadyTime(10s));
  lost.link_down(SteadyTime(2min));
  lost.registered(SteadyTime(2min));
  CHECK(lost.left(SteadyTime(2min)) == 16s);
  // A link that never came up has not held either.
  RegistrationDistance distance(1s);
  const SteadyTime now{};
  for (int i = 0; i < 5; ++i) distance.registered(now);
  distance.link_down(now + 1h);
  distance.registered(now + 1h);
  CHECK(distance.left(now + 1h) == 16s);
}

// A hub that accepts the device, drops it after `held`, and then refuses it.
struct Flapping : Established {
  explicit Flapping(Duration held, const ManagedSymmetricKeyOptions& options = {})
      : Established(options) {
    for (int i = 0; i < 1000; ++i) dps.answers.push_back(assigned_to("hub1.test"));
    hub.otherwise = Reply{[this, held](const Asked& asked) {
      if (!asked.is_connect()) return asked.answer();
      if (std::exchange(refuses, !refuses)) return kRefused.act(asked);
      asked.answer();
      asked.after(held, [asked] { asked.far_end().drop(); });
    }};
  }
  // The pauses between the registrations within this time, to the second.
  std::vector<std::chrono::seconds> pauses_within(std::chrono::seconds time) {
    std::vector<std::chrono::seconds> pauses;
    std::chrono::seconds last{0};
    for (std::chrono::seconds now{1}; now <= time; ++now) {
      const std::size_t registered = registrations();
      advance(1s);
      REQUIRE(registrations() <= registered + 1);
      if (registrations() == registered) continue;
      pauses.push_back(now - std::exchange(last, now));
    }
    return pauses;
  }

  bool refuses = true;
};

TEST_CASE("ManagedDevice: a hub that takes the device, drops and refuses it is not paid for it") {
  for (const Duration held : {Duration(1ms), Duration(100ms)}) {
    Flapping device(held);
    device.hub.drop();
    const auto pauses = device.pauses_within(600s);
    REQUIRE(pauses.size() >= 8);
    CHECK(pauses.size() <= 12);
    for (std::size_t i = 1; i < pauses.size(); ++i) CHECK(pauses[i] + 1s >= pauses[i - 1]);
    CHECK(pauses.back() >= 128s);
    CHECK(device.told.empty());
  }
}

TEST_CASE("ManagedDevice: a link that has held has it register at once again") {
  Flapping device(61s);
  device.hub.drop();
  device.advance(1s);
  for (std::size_t i = 2; i < 10; ++i) {
    CHECK(device.registrations() == i);
    device.advance(61s + 10ms);
  }
}

TEST_CASE("ManagedDevice: registration_distance is how far apart registrations are at least") {
  Flapping device(1ms, {.registration_distance = 60s});
  device.hub.drop();
  device.advance(57s);
  CHECK(device.registrations() == 1);
  CHECK(device.core->client() == nullptr);
  device.advance(2s);
  CHECK(device.registrations() == 2);
  device.advance(58s);
  CHECK(device.registrations() == 2);
  device.advance(2s);
  CHECK(device.registrations() == 3);
  device.advance(118s);
  CHECK(device.registrations() == 3);
  device.advance(2s);
  CHECK(device.registrations() == 4);
}

TEST_CASE("ManagedDevice: a first connect that the service refuses waits before the next asks it") {
  Managed device({.registration_distance = 10s});
  device.dps.answers = {{401, "{}"}, {401, "{}"}, assigned_to("hub1.test")};
  CHECK(device.connect().error().service_status() == 401);
  const auto too_short = device.connect(5s);
  const auto call = device.connect();
  device.advance(3s);
  CHECK(too_short.error().code() == Errc::timed_out);
  CHECK(device.registrations() == 1);
  device.advance(5s);
  CHECK(call.error().service_status() == 401);
  CHECK(device.registrations() == 2);
  const auto last = device.connect();
  CHECK_FALSE(last.done());
  device.advance(8s);
  CHECK(last.succeeded());
  CHECK(device.registrations() == 3);
}

TEST_CASE("ManagedDevice: a service that is not reached does not make the distance longer") {
  Established device;
  device.dps.transport.script({refuse, refuse, refuse, refuse, refuse, refuse});
  device.hub.script({kRefused});
  device.drop();
  device.advance(64s);  // After 1, 2, 4, 8, 16 and 32 s.
  CHECK(device.registrations() == 2);
  CHECK(device.online());
  device.dps.answers = {assigned_to("hub3.test")};
  device.hub.script({kRefused});
  device.drop();
  device.advance(1s);
  CHECK(device.registrations() == 3);
}

// The service may have billed it.
TEST_CASE(
    "ManagedDevice: a registration that reached the service keeps its distance, however it ends") {
  Managed device({.registration_distance = 10s});
  device.dps.transport.otherwise = Reply{[](const Asked& asked) {
    const bool request = !asked.is_connect() && asked.packet().kind == Packet::Kind::publish;
    (request ? refuse : accept).act(asked);
  }};
  for (int i = 0; i < 120; ++i) {
    Call<void> call;
    device.core->start_connect({}, call.completion());
    device.advance(500ms);
  }
  CHECK(device.registrations() >= 3);
  CHECK(device.registrations() <= 6);
}

TEST_CASE("ManagedDevice: after a success the pauses of registrations are as at first") {
  Established device;
  for (int round = 0; round < 3; ++round) {
    device.dps.answers = {assigned_to("hub3.test")};
    device.dps.transport.script({refuse, refuse, refuse});
    device.hub.script({kRefused});
    device.drop();
    for (const Duration pause : {1s, 2s, 4s}) {
      const std::size_t dials = device.dps.transport.dials();
      device.advance(pause - 1ms);
      CHECK(device.dps.transport.dials() == dials);
      device.advance(1ms);
      CHECK(device.dps.transport.dials() == dials + 1);
    }
    CHECK(device.online());
    device.advance(2min);
  }
}

TEST_CASE("ManagedDevice: shutdown ends it while it keeps its distance") {
  Flapping device(1ms, {.registration_distance = 1h});
  device.drop();
  const auto waiting = device.connect();
  CHECK_FALSE(waiting.done());
  const auto shutdown = device.shutdown();
  CHECK(shutdown.succeeded());
  CHECK(waiting.error().code() == Errc::operation_cancelled);
  device.advance(24h);
  CHECK(device.registrations() == 1);
}

TEST_CASE("ManagedDevice: the distance of registrations is checked, and named") {
  const auto refusal = [](std::chrono::seconds distance) {
    return refusal_of([&] {
      ManagedDevice::create_from_symmetric_key(
          "h", "r", "s", kTestKey,
          {.hub = {.event_loop = std::make_shared<ManualLoop>()},
           .registration_distance = distance});
    });
  };
  CHECK(refusal(1s) == "");
  CHECK(refusal(24h) == "");
  CHECK(refusal(0s) == "registration_distance: must be 1 s to 86400 s; got 0 s");
  CHECK(refusal(24h + 1s) == "registration_distance: must be 1 s to 86400 s; got 86401 s");
  CHECK(refusal(std::chrono::seconds::min()).starts_with("registration_distance: "));
}

}  // namespace
}  // namespace azure::iot::device::test
