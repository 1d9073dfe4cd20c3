// Shutdown of a managed device, in every state and with every kind of waiting call.
#include <functional>
#include <map>

#include <doctest/doctest.h>

#include "clients/managed_device.hpp"
#include "tests/clients/held_handlers.hpp"
#include "tests/clients/managed.hpp"

namespace azure::iot::device::test {
namespace {

// The ways to bring a device that has been connected into each of its states.
const std::map<std::string, std::function<void(Established&)>> kStates{
    {"connected", [](Established&) {}},
    {"connected, and its client waits before it redials",
     [](Established& d) {
       d.hub.script({refuse});
       d.drop();
     }},
    {"connecting",
     [](Established& d) {
       d.hub.script({refuse, stall});
       d.drop();
     }},
    {"leaving",
     [](Established& d) {
       d.hub.script({kRefused});
       d.hub.drop();
       d.loop->advance(10ms);
     }},
    {"registering: it dials",
     [](Established& d) {
       d.dps.transport.script({stall});
       d.hub.script({kRefused});
       d.drop();
       d.advance(100ms);
     }},
    {"registering: it enables the answers",
     [](Established& d) {
       d.dps.transport.script_acks({stall});
       d.hub.script({kRefused});
       d.drop();
       d.advance(100ms);
     }},
    {"registering: it waits for an answer",
     [](Established& d) {
       d.dps.answers = {kSilence};
       d.hub.script({kRefused});
       d.drop();
       d.advance(100ms);
     }},
    {"registering: it waits between two questions",
     [](Established& d) {
       d.dps.answers = {{429, "{}", "3600"}};
       d.hub.script({kRefused});
       d.drop();
       d.advance(100ms);
     }},
    {"waiting after a registration that failed",
     [](Established& d) {
       d.dps.answers = {{404, "{}"}};
       d.hub.script({kRefused});
       d.drop();
       d.advance(100ms);
     }},
    {"waiting after a connect that failed",
     [](Established& d) {
       d.hub.otherwise = refuse;
       d.drop();
       d.connect(1ms);
     }},
};

TEST_CASE("ManagedDevice: shutdown ends whatever waits for it, in every state, and only once") {
  for (const auto& entry : kStates) {
    CAPTURE(entry.first);
    Established device;
    entry.second(device);
    Call<void> waiting;
    Call<void> with_timeout;
    device.core->start_connect({}, waiting.completion());
    device.core->start_connect(1h, with_timeout.completion());
    device.loop->run_posted();
    const bool connected = waiting.done();
    const auto shutdown = device.shutdown();
    const auto another = device.shutdown();
    device.advance(detail::ClientCore::kShutdownLimit);
    CHECK(shutdown.succeeded());
    CHECK(another.succeeded());
    for (const auto& call : {waiting, with_timeout}) {
      CHECK(call.done());
      if (!connected) CHECK(call.error().code() == Errc::operation_cancelled);
    }
    CHECK(device.core->client() == nullptr);
    CHECK_THROWS_AS(device.before->send_message("late"), ClientError);
    CHECK(device.connect().error().code() == Errc::pipeline_not_running);
    const std::size_t dials = device.all_dials();
    device.advance(24h);
    CHECK(device.all_dials() == dials);
    CHECK(device.shutdown().succeeded());
  }
}

TEST_CASE("ManagedDevice: a shutdown that finds nothing to end ends, and so does the next") {
  Managed device;
  CHECK(device.shutdown().succeeded());
  CHECK(device.shutdown().succeeded());
  CHECK(device.connect().error().code() == Errc::pipeline_not_running);
  CHECK(device.dps.transport.dials() == 0);
}

TEST_CASE("ManagedDevice: connect ends at its timeout in every state without a link, not before") {
  for (const auto& entry : kStates) {
    if (entry.first == "connected") continue;
    CAPTURE(entry.first);
    Established device;
    device.hub.otherwise = refuse;
    device.dps.transport.otherwise = stall;
    entry.second(device);
    Call<void> call;
    device.core->start_connect(7s, call.completion());
    device.loop->run_posted();
    device.advance(7s - 1ms);
    CHECK_FALSE(call.done());
    device.advance(1ms);
    CHECK(call.error().code() == Errc::timed_out);
  }
}

TEST_CASE("ManagedDevice: a timeout of 0 waits for ever, one below 0 is refused") {
  Managed device;
  const auto call = device.connect(0ms);
  device.advance(24h);
  CHECK(call.error().code() == Errc::service);  // The service does not answer.
  CHECK_THROWS_AS(device.core->start_connect(-1ms, Call<void>().completion()),
                  std::invalid_argument);
}

// A device whose handlers run on request, to distinguish handlers that run from those that are due.
struct Held {
  explicit Held(ManagedSymmetricKeyOptions options) {
    options.hub.event_loop = loop;
    dps.answers = {assigned_to("hub1.test"), assigned_to("hub2.test")};
    core = detail::ManagedDeviceCore::create(
        detail::config_from_symmetric_key("dps.test", "reg1", "scope1", kTestKey,
                                          std::move(options)),
        {.provisioning = dps.transport.factory(),
         .hub = hub.factory(),
         .handler_pool = handlers,
         .random = [] { return 0.5; }});
    Call<void> call;
    core->start_connect({}, call.completion());
    loop->advance(2s);
    REQUIRE(call.succeeded());
  }
  ~Held() { handlers->forget(); }

  Call<void> shutdown() {
    Call<void> call;
    core->start_shutdown(call.completion());
    loop->run_posted();
    return call;
  }

  std::shared_ptr<ManualLoop> loop = std::make_shared<ManualLoop>();
  FakeProvisioningService dps;
  FakeMqttTransport hub;
  std::shared_ptr<HeldHandlerPool> handlers = std::make_shared<HeldHandlerPool>();
  std::shared_ptr<detail::ManagedDeviceCore> core;
};

TEST_CASE("ManagedDevice: shutdown waits for its handlers, but not for longer than its limit") {
  for (const bool in_time : {true, false}) {
    int calls = 0;
    Held device({.on_new_client = [&](IoTHubDeviceClient&) { ++calls; }});
    const auto shutdown = device.shutdown();
    device.loop->advance(detail::ClientCore::kShutdownLimit - 1ms);
    CHECK_FALSE(shutdown.done());
    if (in_time) device.handlers->run();
    device.loop->advance(1ms);
    CHECK(shutdown.succeeded());
    device.handlers->run();
    CHECK(calls == 0);  // It was due, but the client is destroyed.
  }
}

TEST_CASE("ManagedDevice: a failure that waits for its handler is reported before shutdown ends") {
  int told = 0;
  Held device({.on_background_exception = [&](const IotError&) { ++told; }});
  device.dps.answers = {{404, "{}"}};
  device.hub.script({kRefused});
  device.hub.drop();
  device.loop->advance(1s);
  const auto shutdown = device.shutdown();
  CHECK_FALSE(shutdown.done());
  device.handlers->run();
  device.loop->run_posted();
  CHECK(told == 1);
  CHECK(shutdown.succeeded());
}

TEST_CASE("ManagedDevice: shutdown waits for the handlers of a client that was left behind") {
  int messages = 0;
  Held device({});
  const auto before = device.core->client();
  before->on_message_received([&](Message) { ++messages; });
  device.hub.receive("devices/dev1/messages/devicebound/%24.mid=1", "last");
  device.loop->run_posted();
  device.hub.script({kRefused});
  device.hub.drop();
  device.loop->advance(20ms);
  const auto shutdown = device.shutdown();
  device.loop->advance(100ms);
  CHECK_FALSE(shutdown.done());
  device.handlers->run();
  device.loop->run_posted();
  CHECK(messages == 1);
  CHECK(shutdown.succeeded());
}

TEST_CASE("ManagedDevice: what has been received is handled before shutdown ends") {
  int messages = 0;
  Held device({});
  device.core->client()->on_message_received([&](Message) { ++messages; });
  device.hub.receive("devices/dev1/messages/devicebound/%24.mid=1", "last");
  device.loop->run_posted();
  const auto shutdown = device.shutdown();
  CHECK(device.core->client() == nullptr);
  CHECK_FALSE(shutdown.done());
  device.handlers->run();
  device.loop->run_posted();
  CHECK(messages == 1);
  CHECK(shutdown.succeeded());
}

TEST_CASE("ManagedDevice: one that is dropped calls nothing any more") {
  int calls = 0;
  Held device({.on_new_client = [&](IoTHubDeviceClient&) { ++calls; },
               .on_background_exception = [&](const IotError&) { ++calls; }});
  device.dps.answers = {{404, "{}"}};
  device.hub.script({kRefused});
  device.hub.drop();
  device.loop->advance(1s);
  { ManagedDevice owner(std::move(device.core)); }
  device.handlers->run();
  device.loop->run_posted();
  CHECK(calls == 0);
  CHECK(device.loop->pending_timers() == 0);
}

}  // namespace
}  // namespace azure::iot::device::test
