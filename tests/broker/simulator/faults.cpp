#include "hub/faults.hpp"

#include <doctest/doctest.h>

#include "shared_hub.hpp"

using namespace azure::iot::device::test;
namespace simulator = azure::iot::device::simulator;
using namespace std::chrono_literals;
using simulator::Fault;
using simulator::FaultKind;
using simulator::Faults;

namespace {

constexpr int kNotAuthorized = 5;

SimulatorProcess& faulty_hub() {
  static SimulatorProcess hub({.devices = {"a", "b"}});
  return hub;
}

std::string events_topic(const std::string& device) {
  return "devices/" + device + "/messages/events/";
}

std::string last_end(const std::string& device) {
  return faulty_hub().wait_for_events("disconnected", device).back().json;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// A connected device of a hub without faults; earlier events are excluded.
struct FaultyDevice {
  explicit FaultyDevice(const std::string& name)
      : hub((faulty_hub().clear_faults(), faulty_hub())), device(hub, name) {
    REQUIRE(device.connect() == 0);
  }
  SimulatorProcess& hub;
  RawDevice device;
};

// A message that requests a fault, as the tests of the other SDKs send it to a real hub.
std::string requested(const std::string& type, int delay, int duration) {
  return "AzIoTHub_FaultOperationType=" + type +
         "&AzIoTHub_FaultOperationCloseReason=boom&AzIoTHub_FaultOperationDelayInSecs=" +
         std::to_string(delay) +
         "&AzIoTHub_FaultOperationDurationInSecs=" + std::to_string(duration);
}

}  // namespace

TEST_CASE("Faults: one strikes whom, when and as often as it was set for") {
  const Fault::Time now{1h};
  Faults faults;
  faults.add({FaultKind::refuse, "a", 2});
  faults.add({FaultKind::cut, "", {}, now, now + 2s});
  CHECK_FALSE(faults.take(FaultKind::refuse, "b", now));
  CHECK_FALSE(faults.take(FaultKind::throttle, "a", now));
  CHECK(faults.take(FaultKind::refuse, "a", now));
  CHECK(faults.take(FaultKind::refuse, "a", now));
  CHECK_FALSE(faults.take(FaultKind::refuse, "a", now));
  CHECK_FALSE(faults.take(FaultKind::cut, "a", now - 1ns));
  for (int i = 0; i < 3; ++i) CHECK(faults.take(FaultKind::cut, "b", now + 2s - 1ns));
  CHECK_FALSE(faults.take(FaultKind::cut, "b", now + 2s));
  CHECK(faults.empty());
}

TEST_CASE("Fault 'refuse': as many connects as asked for get 'not authorized'") {
  SimulatorProcess& hub = faulty_hub();
  hub.fault({.name = "refuse", .device = "a", .count = 2});
  CHECK(contains(hub.faults(), R"("fault":"refuse","device_id":"a","count":2)"));
  RawDevice device(hub, "a"), other(hub, "b");
  CHECK(device.connect() == kNotAuthorized);
  CHECK(other.connect() == 0);
  CHECK(device.connect() == kNotAuthorized);
  CHECK(device.connect() == 0);
  CHECK(hub.faults() == "[]");
}

TEST_CASE("Fault 'drop-before-puback': the message is lost with the link, and the next is not") {
  FaultyDevice f("a");
  f.hub.fault({.name = "drop-before-puback"});
  const std::size_t before = f.hub.telemetry("a").size();
  f.device.publish(events_topic("a"), "lost");
  CHECK(f.device.wait_for_loss());
  CHECK(f.device.pubacks() == 0);
  CHECK(f.hub.telemetry("a").size() == before);
  REQUIRE(f.device.connect() == 0);
  CHECK(f.device.run_until([&] { return f.device.pubacks() == 1; }));  // Sent again.
  CHECK(f.hub.telemetry("a").size() == before + 1);
}

TEST_CASE("Fault 'drop-after-puback': the message is kept and acknowledged, then the link ends") {
  FaultyDevice f("a");
  f.hub.fault({.name = "drop-after-puback", .device = "a"});
  const std::size_t before = f.hub.telemetry("a").size();
  f.device.publish(events_topic("a"), "kept");
  CHECK(f.device.wait_for_loss());
  CHECK(f.device.pubacks() == 1);
  CHECK(f.hub.telemetry("a").size() == before + 1);
  CHECK(contains(last_end("a"), "drop-after-puback"));
}

TEST_CASE("Fault 'silent': nobody hears anything for the time, and all links are kept") {
  FaultyDevice f("a");
  CHECK_THROWS_WITH(f.hub.fault({.name = "silent"}), doctest::Contains("--seconds"));
  CHECK_THROWS_WITH(f.hub.fault({.name = "silent", .device = "a", .duration = 1s}),
                    doctest::Contains("whole hub"));
  const auto start = std::chrono::steady_clock::now();
  f.hub.fault({.name = "silent", .duration = 700ms});
  f.device.publish(events_topic("a"), "x");
  REQUIRE(f.device.run_until([&] { return f.device.pubacks() == 1; }));
  CHECK(std::chrono::steady_clock::now() - start >= 700ms);
  CHECK(f.device.online());

  f.hub.fault({.name = "silent", .duration = 60s});
  f.device.publish(events_topic("a"), "x");
  CHECK_FALSE(f.device.run_until([&] { return f.device.pubacks() == 2; }, 300ms));
  f.hub.clear_faults();
  CHECK(f.device.run_until([&] { return f.device.pubacks() == 2; }));
}

TEST_CASE("Fault 'silent': the simulator ends all the same") {
  SimulatorProcess hub({.devices = {"d"}});
  hub.fault({.name = "silent", .duration = 60s});
  const auto start = std::chrono::steady_clock::now();
  CHECK(hub.stop() == 0);
  CHECK(std::chrono::steady_clock::now() - start < 5s);
}

TEST_CASE(
    "Fault 'throttle': telemetry ends the link, a twin request gets 429, a method is refused") {
  FaultyDevice f("a");
  REQUIRE(f.device.subscribe(kTwinFilter));
  REQUIRE(f.device.subscribe(kMethodFilter));
  f.hub.fault({.name = "throttle", .device = "a", .count = 3});
  f.device.publish("$iothub/twin/GET/?$rid=1", "");
  REQUIRE(f.device.wait_for_messages(1));
  CHECK(f.device.messages()[0].topic == "$iothub/twin/res/429/?$rid=1");
  CHECK_THROWS_WITH(f.hub.invoke("a", "m"), doctest::Contains("throttle"));
  f.device.publish(events_topic("a"), "x");
  CHECK(f.device.wait_for_loss());
  CHECK(contains(last_end("a"), "429001"));
}

TEST_CASE("Fault 'twin-error': reads and patches get the status, and change nothing") {
  FaultyDevice f("a");
  REQUIRE(f.device.subscribe(kTwinFilter));
  f.hub.fault({.name = "twin-error", .device = "a", .count = 2, .status = 503});
  f.device.publish("$iothub/twin/GET/?$rid=1", "");
  f.device.publish("$iothub/twin/PATCH/properties/reported/?$rid=2", R"({"x":1})");
  REQUIRE(f.device.wait_for_messages(2));
  CHECK(f.device.messages()[0].topic == "$iothub/twin/res/503/?$rid=1");
  CHECK(f.device.messages()[1].topic == "$iothub/twin/res/503/?$rid=2");
  CHECK_FALSE(contains(f.hub.twin("a"), R"("x")"));
  f.device.publish("$iothub/twin/GET/?$rid=3", "");
  REQUIRE(f.device.wait_for_messages(3));
  CHECK(f.device.messages()[2].topic == "$iothub/twin/res/200/?$rid=3");
}

TEST_CASE("Faults 'takeover', 'expire' and 'cut': the link ends, with what the hub says of it") {
  struct Row {
    const char* name;
    const char* reason;
  };
  for (const Row& row : {Row{"takeover", "400027"}, {"expire", "401003"}, {"cut", "fault 'cut'"}}) {
    CAPTURE(row.name);
    FaultyDevice f("a");
    f.hub.fault({.name = row.name, .device = "a"});
    CHECK(f.device.wait_for_loss());
    CHECK(contains(last_end("a"), row.reason));
  }
}

TEST_CASE("Fault 'takeover': for a time, each link ends soon after it has begun") {
  FaultyDevice f("a");
  f.hub.fault({.name = "takeover", .device = "a", .duration = 60s});
  CHECK(f.device.wait_for_loss());
  CHECK(f.device.connect() == 0);
  CHECK(f.device.wait_for_loss());
  f.hub.clear_faults();
  CHECK(f.device.connect() == 0);
  CHECK_FALSE(f.device.run_until([&] { return !f.device.online(); }, 300ms));
}

TEST_CASE("A fault that does not exist, or makes no sense, is named") {
  const SimulatorProcess& hub = faulty_hub();
  CHECK_THROWS_WITH(hub.fault({.name = "gremlin"}), doctest::Contains("gremlin"));
  CHECK_THROWS_WITH(hub.fault({.name = "cut", .device = "x"}), doctest::Contains("'x'"));
  CHECK_THROWS_WITH(hub.fault({.name = "cut", .count = 0}), doctest::Contains("count"));
  CHECK_THROWS_WITH(hub.fault({.name = "twin-error", .status = 200}), doctest::Contains("status"));
}

TEST_CASE("A message may ask for a fault: the link is cut after the delay, and comes back") {
  for (const char* type : {"KillTcp", "ShutDownMqtt"}) {
    CAPTURE(type);
    FaultyDevice f("a");
    const auto start = std::chrono::steady_clock::now();
    REQUIRE(f.device.wait_for_puback(
        f.device.publish(events_topic("a") + requested(type, 1, 0), "please")));
    CHECK(f.device.wait_for_loss());
    CHECK(std::chrono::steady_clock::now() - start >= 1s);
    CHECK(f.device.connect() == 0);
  }
}

TEST_CASE("A message may ask for a fault: throttling and quota end links until the time is over") {
  struct Row {
    const char* type;
    const char* code;
  };
  for (const Row& row : {Row{"InvokeThrottling", "429001"}, {"InvokeMaxMessageQuota", "403002"}}) {
    CAPTURE(row.type);
    FaultyDevice f("a");
    REQUIRE(f.device.wait_for_puback(
        f.device.publish(events_topic("a") + requested(row.type, 0, 1), "please")));
    f.device.publish(events_topic("a"), "too much");
    CHECK(f.device.wait_for_loss());
    CHECK(contains(last_end("a"), row.code));
    // It is sent again with each new link until it is accepted.
    bool acknowledged = false;
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!acknowledged && std::chrono::steady_clock::now() < end) {
      if (f.device.connect() != 0) continue;
      acknowledged = f.device.run_until([&] { return f.device.pubacks() == 2; }, 2s);
    }
    CHECK(acknowledged);
  }
}

TEST_CASE("A message may ask for a fault: the link ends, and connects are refused for the time") {
  FaultyDevice f("a");
  REQUIRE(f.device.wait_for_puback(
      f.device.publish(events_topic("a") + requested("InvokeAuthError", 0, 2), "please")));
  CHECK(f.device.wait_for_loss());
  CHECK(f.device.connect() == kNotAuthorized);
  const auto start = std::chrono::steady_clock::now();
  while (f.device.connect() != 0 && std::chrono::steady_clock::now() - start < 20s) {
  }
  CHECK(f.device.online());
}
