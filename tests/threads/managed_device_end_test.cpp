// Objects whose user code runs on other threads while they are destroyed.
#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <doctest/doctest.h>

#include "clients/managed_device.hpp"
#include "tests/clients/managed.hpp"
#include "tests/threads/loop_probe.hpp"

namespace azure::iot::device::test {
namespace {

// User code that takes a while once it has begun, and what it uses.
struct SlowCode {
  void operator()() {
    inside.count_down();
    std::this_thread::sleep_for(200ms);
    left = true;
  }
  std::latch inside{1};
  std::atomic<bool> left = false;
};

// Faked services on a real loop. They are used on its thread only.
struct FarEnds {
  // A thread of the pool may still hold objects that refer to these members.
  ~FarEnds() {
    pool.reset();
    CHECK(eventually([] { return threads_named("azure-iot-hdlr").empty(); }));
  }
  ManagedDevice make(ManagedSymmetricKeyOptions options) {
    options.hub.event_loop = loop;
    return ManagedDevice(detail::ManagedDeviceCore::create(
        detail::config_from_symmetric_key("dps.test", "reg1", "scope1", kTestKey,
                                          std::move(options)),
        {.provisioning = dps.transport.factory(), .hub = hub.factory(), .handler_pool = pool}));
  }
  // The hub refuses the device from now on.
  void refuse_and_drop() {
    on_loop(*loop, [this] {
      hub.otherwise = kRefused;
      hub.drop();
    });
  }

  FakeProvisioningService dps;
  FakeMqttTransport hub;
  std::shared_ptr<EventLoop> loop = EventLoop::create();
  std::shared_ptr<HandlerPool> pool = HandlerPool::create();
};

TEST_CASE("ManagedDevice: the destructor waits for on_new_client") {
  FarEnds far;
  far.dps.answers = {assigned_to("hub1.test")};
  SlowCode code;
  {
    ManagedDevice device = far.make({.on_new_client = [&](IoTHubDeviceClient&) { code(); }});
    device.connect(10s);
    code.inside.wait();
  }
  CHECK(code.left);
}

TEST_CASE("ManagedDevice: shutdown and assignment wait for on_new_client, too") {
  for (const bool assign : {true, false}) {
    FarEnds far;
    far.dps.answers = {assigned_to("hub1.test")};
    SlowCode code;
    ManagedDevice device = far.make({.on_new_client = [&](IoTHubDeviceClient&) { code(); }});
    device.connect(10s);
    code.inside.wait();
    if (assign) {
      device = far.make({});  // Which connects to nothing.
      CHECK(code.left);
      device.shutdown();
    } else {
      device.shutdown();
      CHECK(code.left);
    }
  }
}

TEST_CASE("ManagedDevice: the destructor waits for on_background_exception") {
  FarEnds far;
  far.dps.answers = {assigned_to("hub1.test"), {404, "{}"}};
  SlowCode code;
  std::atomic<bool> once = false;
  {
    ManagedDevice device = far.make({.on_background_exception = [&](const IotError&) {
      if (!once.exchange(true)) code();
    }});
    device.connect(10s);
    far.refuse_and_drop();
    code.inside.wait();
  }
  CHECK(code.left);
}

TEST_CASE("ManagedDevice: a function that blocks does not keep the other from being called") {
  FarEnds far;
  far.dps.answers = {assigned_to("hub1.test"), {404, "{}"}};
  std::latch told{1};
  std::promise<void> ended;
  ManagedDevice device = far.make({.on_new_client =
                                       [&](IoTHubDeviceClient&) {
                                         told.wait();
                                         ended.set_value();
                                       },
                                   .on_background_exception =
                                       [&, first = true](const IotError&) mutable {
                                         if (std::exchange(first, false)) told.count_down();
                                       }});
  device.connect(10s);
  far.refuse_and_drop();
  CHECK_NOTHROW(get(ended.get_future()));
}

TEST_CASE("ManagedDevice: the destructor waits for a handler of a client that was left behind") {
  FarEnds far;
  far.dps.answers = {assigned_to("hub1.test"), kSilence};
  SlowCode code;
  {
    ManagedDevice device = far.make({});
    device.connect(10s);
    device.client()->on_connection_state_change([&](const auto& change) {
      if (!change.connected) code();
    });
    far.refuse_and_drop();
    code.inside.wait();
    REQUIRE(eventually([&] { return device.client() == nullptr; }));
  }
  CHECK(code.left);
}

TEST_CASE(
    "ManagedDevice: it may be destroyed by its own function, at once and without a dead lock") {
  for (const bool by_failure : {true, false}) {
    FarEnds far;
    far.dps.answers = {assigned_to("hub1.test"), {404, "{}"}};
    std::optional<ManagedDevice> device;
    std::latch made{1};
    std::promise<std::chrono::steady_clock::duration> took;
    const auto destroy = [&] {
      made.wait();
      const auto begin = std::chrono::steady_clock::now();
      device.reset();
      took.set_value(std::chrono::steady_clock::now() - begin);
    };
    ManagedSymmetricKeyOptions options;
    if (by_failure) {
      options.on_background_exception = [&](const IotError&) { destroy(); };
    } else {
      options.on_new_client = [&](IoTHubDeviceClient&) { destroy(); };
    }
    device.emplace(far.make(std::move(options)));
    device->connect(10s);
    if (by_failure) far.refuse_and_drop();
    made.count_down();
    CHECK(get(took.get_future()) < 800ms);
  }
}

TEST_CASE("ManagedDevice: it may be destroyed by a handler of its client, at once") {
  FarEnds far;
  far.dps.answers = {assigned_to("hub1.test")};
  std::optional<ManagedDevice> device(far.make({}));
  device->connect(10s);
  std::promise<std::chrono::steady_clock::duration> took;
  device->client()->on_connection_state_change([&](const auto&) {
    const auto begin = std::chrono::steady_clock::now();
    device.reset();
    took.set_value(std::chrono::steady_clock::now() - begin);
  });
  on_loop(*far.loop, [&] { far.hub.drop(); });
  CHECK(get(took.get_future()) < 800ms);
}

TEST_CASE("Client: the destructor waits for a handler that shut the client down itself") {
  for (const bool managed : {true, false}) {
    FarEnds far;
    far.dps.answers = {assigned_to("hub1.test")};
    SlowCode code;
    {
      ManagedDevice device = far.make({});
      device.connect(10s);
      auto client = device.client();
      std::latch shut_down{1};
      client->on_connection_state_change([&](const auto& change) {
        if (change.connected) return;
        if (managed) {
          device.shutdown();
        } else {
          device.client()->shutdown();
        }
        shut_down.count_down();
        code();
      });
      on_loop(*far.loop, [&] { far.hub.drop(); });
      shut_down.wait();
    }
    CHECK(code.left);
  }
}

TEST_CASE("ProvisioningDeviceClient: the destructor ends a registration, and its loop has ended") {
  FakeProvisioningService dps;
  dps.answers = {assigning("1")};
  for (const bool silent : {true, false}) {
    auto loop = EventLoop::create();
    if (silent) dps.answers = {kSilence};
    auto core = detail::ProvisioningClientCore::create(
        detail::config_from_symmetric_key("dps.test", "reg1", "scope1", kTestKey,
                                          {.event_loop = loop}),
        dps.transport.factory());
    std::promise<Errc> ended;
    core->start_register(
        {}, detail::Completion<RegistrationResult>([&](Result<RegistrationResult> result) {
          ended.set_value(result ? Errc::ok : result.error().code());
        }));
    { ProvisioningDeviceClient client(std::move(core)); }
    auto told = ended.get_future();
    REQUIRE(told.wait_for(0s) == std::future_status::ready);
    CHECK(told.get() == Errc::operation_cancelled);
    CHECK(loop.use_count() == 1);
  }
}

}  // namespace
}  // namespace azure::iot::device::test
