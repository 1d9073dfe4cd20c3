// A managed device with application functions that throw, and policies without pauses.
#include <stdexcept>

#include <doctest/doctest.h>

#include "tests/clients/managed.hpp"

namespace azure::iot::device::test {
namespace {

struct Pauses final : RetryPolicy {
  explicit Pauses(std::optional<Duration> pause_) : pause(pause_) {}
  std::optional<Duration> next_pause(const Failure&) const override { return pause; }
  std::optional<Duration> pause;
};

struct Throws final : RetryPolicy {
  std::optional<Duration> next_pause(const Failure&) const override {
    throw std::runtime_error("no pause today");
  }
};

TEST_CASE("ManagedDevice: between two registrations time passes, whatever the policy says") {
  for (const Duration pause : {Duration(0), Duration(-1h), Duration::min()}) {
    Established device({.registration_pauses = std::make_shared<Pauses>(pause)});
    device.dps.transport.otherwise = refuse;
    device.hub.script({kRefused});
    device.drop();
    device.advance(0s);
    device.advance(0s);
    CHECK(device.dps.transport.dials() == 2);
    device.advance(10s);
    CHECK(device.dps.transport.dials() > 3);
    CHECK(device.dps.transport.dials() <= 2 + 100);
    // It does not register endlessly either if the service answers.
    device.dps.transport.otherwise = accept;
    device.dps.answers.assign(1000, {404, "{}"});
    const std::size_t registered = device.registrations();
    device.advance(300s);
    CHECK(device.registrations() <= registered + 10);
  }
}

TEST_CASE("ManagedDevice: between two connects of its own time passes, whatever the policy says") {
  Established device(
      {.failed_connects = 1'000'000, .registration_pauses = std::make_shared<Pauses>(Duration(0))});
  device.hub.otherwise = refuse;
  device.drop();
  const auto call = device.connect(9s);
  const std::size_t dials = device.hub.dials();
  device.advance(0s);
  device.advance(0s);
  CHECK(device.hub.dials() == dials);
  device.advance(5s);
  CHECK(device.hub.dials() <= dials + 60);
  device.hub.otherwise = accept;
  device.advance(1s);
  CHECK(call.succeeded());
}

TEST_CASE("ManagedDevice: a policy that throws is reported, and another decides") {
  Established device({.registration_pauses = std::make_shared<Throws>()});
  device.dps.transport.script({refuse, refuse});
  device.hub.script({kRefused});
  device.drop();
  device.advance(1min);
  CHECK(device.online());
  REQUIRE(device.told.size() == 4);
  const auto names_it = [](const std::string& text) {
    return text.find("no pause today") != std::string::npos;
  };
  CHECK(std::count_if(device.told.begin(), device.told.end(), names_it) == 2);
}

TEST_CASE(
    "ManagedDevice: a function that throws when it makes a stage is reported, and asked again") {
  int made = 0;
  const StageInsertion insertion = before("SasTokenStage", [&made]() -> std::unique_ptr<Stage> {
    if (++made == 2) throw std::runtime_error("no stage today");
    if (made == 3) throw 3;
    struct Nothing final : Stage {
      std::string_view name() const override { return "Nothing"; }
      void run_op(OpPtr op) override { send_op_down(std::move(op)); }
    };
    return std::make_unique<Nothing>();
  });
  Established device({.hub = {.stages = {insertion}}});
  device.hub.script({kRefused});
  device.drop();
  device.advance(1min);
  CHECK(made == 4);
  CHECK(device.online());
  REQUIRE(device.told.size() == 2);
  CHECK(device.told[0].find("no stage today") != std::string::npos);
}

// A device with handlers of its own, in place of the harness's.
struct Throwing {
  explicit Throwing(ManagedSymmetricKeyOptions options) {
    options.hub.event_loop = loop;
    dps.answers = {assigned_to("hub1.test")};
    core = detail::ManagedDeviceCore::create(
        detail::config_from_symmetric_key("dps.test", "reg1", "scope1", kTestKey,
                                          std::move(options)),
        {.provisioning = dps.transport.factory(),
         .hub = hub.factory(),
         .handler_pool = HandlerPool::create_inline(*loop)});
    Call<void> call;
    core->start_connect({}, call.completion());
    loop->advance(2s);
    CHECK(call.succeeded());
    core->start_shutdown(Call<void>().completion());
    loop->run_posted();
  }

  std::shared_ptr<ManualLoop> loop = std::make_shared<ManualLoop>();
  FakeProvisioningService dps;
  FakeMqttTransport hub;
  std::shared_ptr<detail::ManagedDeviceCore> core;
};

TEST_CASE("ManagedDevice: an exception of on_new_client goes to on_background_exception") {
  for (const bool known : {true, false}) {
    std::vector<std::string> told;
    Throwing({.on_new_client =
                  [&](IoTHubDeviceClient&) {
                    if (known) throw std::runtime_error("no handlers today");
                    throw 3;
                  },
              .on_background_exception =
                  [&](const IotError& error) {
                    told.emplace_back(error.what());
                    throw std::runtime_error("not told today");
                  }});
    REQUIRE(told.size() == 1);
    CHECK(told[0].find("on_new_client") != std::string::npos);
    CHECK(told[0].find(known ? "no handlers today" : "unknown type") != std::string::npos);
  }
}

}  // namespace
}  // namespace azure::iot::device::test
