#include <memory>
#include <optional>

#include <doctest/doctest.h>

#include "tests/clients/managed.hpp"

// A managed device whose hub client has no link. The client gives up, or waits before it redials.
namespace azure::iot::device::test {
namespace {

// Gives up at once when a link is lost, without an attempt.
class Never final : public RetryPolicy {
  std::optional<Duration> next_pause(const Failure&) const override { return std::nullopt; }
};

TEST_CASE("ManagedDevice: when the hub's client gives up it registers again") {
  for (const Errc code : {Errc::protocol_proxy, Errc::protocol_client}) {
    CAPTURE(to_string(code));
    Established device;
    device.hub.script({refuse_with(Error(code, "not to be repeated"))});
    device.hub.drop();
    device.advance(3s);
    CHECK(device.registrations() == 2);
    CHECK(device.online());
    CHECK(device.core->client() != device.before);
    CHECK(device.hub.config().hostname == "hub2.test");
    CHECK(device.new_clients == 2);
    CHECK_THROWS_AS(device.before->send_message("late"), ClientError);
  }
}

TEST_CASE("ManagedDevice: a policy that gives up at once has it register again") {
  Established device({.hub = {.retry_policy = std::make_shared<Never>()}});
  device.hub.drop();
  device.advance(3s);
  CHECK(device.registrations() == 2);
  CHECK(device.online());
}

TEST_CASE("ManagedDevice: a proxy that stays down for both services is dialled with pauses") {
  Established device;
  const Reply no_proxy = refuse_with(Error(Errc::protocol_proxy, "the proxy reaches no host"));
  device.hub.otherwise = no_proxy;
  device.dps.transport.otherwise = no_proxy;
  device.hub.drop();
  device.advance(1h);
  // Lost and given up at once; then a registration every 225 s.
  CHECK(device.hub.dials() == 2);
  CHECK(device.dps.transport.dials() == 1 + 16);
  CHECK(device.told.size() == 16);
  CHECK_FALSE(device.online());
  const auto waiting = device.connect();
  CHECK_FALSE(waiting.done());
  device.hub.otherwise = accept;
  device.dps.transport.otherwise = accept;
  device.advance(5min);
  CHECK(waiting.succeeded());
  CHECK(device.online());
}

TEST_CASE("ManagedDevice: connect dials at once while the hub's client waits, and keeps it") {
  Established device;
  device.hub.script({refuse});
  device.hub.drop();
  device.advance(1s);  // Its own next attempt is due in 9 s.
  REQUIRE_FALSE(device.online());
  CHECK(device.connect().succeeded());
  CHECK(device.online());
  CHECK(device.core->client() == device.before);
  CHECK(device.new_clients == 1);
  CHECK(device.registrations() == 1);
  CHECK(device.told.empty());
  CHECK(device.hub.dials() == 3);
  device.advance(40min);  // Before the token is renewed.
  CHECK(device.hub.dials() == 3);
}

TEST_CASE("ManagedDevice: connect waits until there is a link, whoever makes it") {
  Established device;
  device.hub.script({refuse, refuse, refuse, refuse});
  device.hub.drop();
  device.advance(1s);
  // At 1 s for this call; 1 s and 2 s after each failure.
  const auto short_call = device.connect(3s);
  const auto call = device.connect();
  CHECK_FALSE(call.done());
  device.advance(500ms);
  CHECK(short_call.error().code() == Errc::timed_out);
  CHECK(device.hub.dials() == 1 + 4);
  // The next pause would end at 8 s; the application connects first.
  device.before->send_message("x");
  device.advance(100ms);
  CHECK(call.succeeded());
  CHECK(device.online());
  CHECK(device.core->client() == device.before);
  CHECK(device.registrations() == 1);
  device.before->disconnect();  // A pause that still ran would dial.
  device.advance(40min);
  CHECK(device.hub.dials() == 1 + 5);
}

TEST_CASE("ManagedDevice: what fails while connect waits counts for the next registration") {
  Established device({.failed_connects = 4});
  device.hub.script({refuse, refuse, refuse, refuse});
  device.hub.drop();
  device.advance(1s);
  const auto call = device.connect();  // Fails at 1 s, 2 s and 4 s.
  device.advance(10s);
  CHECK(call.succeeded());
  CHECK(device.registrations() == 2);
  CHECK(device.core->client() != device.before);
  CHECK(device.online());
  CHECK_THROWS_AS(device.before->send_message("late"), ClientError);
}

TEST_CASE("ManagedDevice: a hub that refuses while connect waits has it register at once") {
  Established device;
  const Reply refused = refuse_with(Error(Errc::unauthorized, "bad user name or password"));
  device.hub.script({refuse, refused});
  device.hub.drop();
  device.advance(1s);  // The application connects before the next attempt.
  const auto call = device.connect();
  device.advance(3s);
  CHECK(call.succeeded());
  CHECK(device.registrations() == 2);
  CHECK(device.online());
  CHECK(device.hub.config().hostname == "hub2.test");
  CHECK(device.told.empty());
}

TEST_CASE("ManagedDevice: a hub that refuses for good is not stormed while connect waits either") {
  Established device;
  device.hub.otherwise = refuse_with(Error(Errc::unauthorized, "bad user name or password"));
  device.hub.script({refuse});
  device.hub.drop();
  device.advance(1s);
  const auto call = device.connect();
  device.advance(1h);
  CHECK_FALSE(call.done());
  CHECK(device.registrations() <= 2 + 60 / 2);  // 150 s or more between two registrations.
}

TEST_CASE("ManagedDevice: a redial of the hub's client that ends the count ends the pause too") {
  const auto fixed = std::make_shared<ExponentialBackoff>(
      ExponentialBackoff::Limits{.first = 30s, .longest = 30s});
  Established device({.failed_connects = 3, .registration_pauses = fixed});
  device.dps.answers = {assigning(), assigning("10"), assigned_to("hub2.test")};
  device.hub.script({refuse, refuse, refuse});
  device.hub.drop();
  device.advance(1s);
  const auto call = device.connect();  // Fails, and would wait until 16 s.
  device.advance(8s);                  // At 10 s the third attempt fails.
  CHECK(device.registrations() == 2);
  device.advance(13s);
  CHECK(call.succeeded());
  CHECK(device.registrations() == 2);
  CHECK(device.online());
}

TEST_CASE("ManagedDevice: without connection_retry a lost link has it register again") {
  Established device({.hub = {.connection_retry = false}});
  device.hub.drop();
  device.advance(1min);
  CHECK(device.registrations() == 2);
  CHECK(device.online());
  CHECK(device.core->client() != device.before);
}

TEST_CASE("ManagedDevice: a link that a token renewal has lost for good has it register again") {
  for (const bool retries : {true, false}) {
    CAPTURE(retries);
    Established device({.hub = {.connection_retry = retries,
                                .retry_policy = retries ? std::make_shared<Never>() : nullptr}});
    device.advance(57min);
    device.hub.script({refuse});
    device.advance(2min);  // It is renewed two minutes before its end.
    CHECK(device.registrations() == 2);
    CHECK(device.online());
    CHECK(device.core->client() != device.before);
    CHECK(device.new_clients == 2);
  }
}

TEST_CASE("ManagedDevice: connect brings back a link that the application ended") {
  Established device;
  device.before->disconnect();
  device.advance(1h);
  CHECK(device.hub.dials() == 1);
  CHECK(device.connect().succeeded());
  CHECK(device.online());
  CHECK(device.core->client() == device.before);
}

TEST_CASE("ManagedDevice: a client that is shut down while connect waits is replaced") {
  Established device;
  device.hub.script({refuse, refuse});
  device.hub.drop();
  device.advance(1s);
  Call<void> call;
  device.core->start_connect({}, call.completion());
  device.advance(100ms);
  device.before->shutdown();
  device.advance(2s);
  CHECK(call.succeeded());
  CHECK(device.core->client() != device.before);
  CHECK(device.online());
  CHECK(device.registrations() == 1);
}

TEST_CASE("ManagedDevice: shutdown ends it while connect waits for a link") {
  Established device;
  device.hub.otherwise = refuse;
  device.hub.drop();
  device.advance(1s);
  const auto call = device.connect();
  CHECK(device.core->client() == device.before);
  const auto shutdown = device.shutdown();
  device.advance(1s);
  CHECK(shutdown.succeeded());
  CHECK(call.error().code() == Errc::operation_cancelled);
  CHECK(device.core->client() == nullptr);
  const std::size_t dials = device.all_dials();
  device.advance(24h);
  CHECK(device.all_dials() == dials);
}

}  // namespace
}  // namespace azure::iot::device::test
