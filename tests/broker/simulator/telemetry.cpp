#include <map>
#include <set>

#include <doctest/doctest.h>

#include "shared_hub.hpp"

using namespace azure::iot::device::test;
using namespace std::chrono_literals;

TEST_CASE("Hub: a telemetry record is written before its PUBACK leaves") {
  RawDevice device(shared_hub(), "d6");
  REQUIRE(device.connect() == 0);
  for (std::size_t i = 1; i <= 20; ++i) {
    const int id = device.publish("devices/d6/messages/events/", std::to_string(i));
    REQUIRE(device.wait_for_puback(id));
    const auto records = shared_hub().telemetry("d6");
    REQUIRE(records.size() == i);
    CHECK(records.back().payload == std::to_string(i));
  }
}

TEST_CASE("Hub: properties are decoded and bytes are kept") {
  RawDevice device(shared_hub(), "d7");
  REQUIRE(device.connect() == 0);
  const std::string bytes("\0\xFF\xC3\x28", 4);
  device.publish("devices/d7/messages/events/%24.mid=a%2Fb&%24.ct=text&k%20=v%26&only&empty=",
                 bytes);
  device.publish("devices/d7/messages/events/", "gr\xC3\xBC\xC3\x9F");
  const auto records = shared_hub().wait_for_telemetry("d7", 1);
  REQUIRE(device.run_until([&] { return device.pubacks() == 2; }));
  CHECK(records[0].payload == bytes);
  CHECK(records[0].system_properties ==
        std::map<std::string, std::string>{{"$.mid", "a/b"}, {"$.ct", "text"}});
  CHECK(records[0].properties ==
        std::map<std::string, std::string>{{"k ", "v&"}, {"only", ""}, {"empty", ""}});
  CHECK(shared_hub().telemetry("d7").at(1).payload == "gr\xC3\xBC\xC3\x9F");
}

TEST_CASE("Hub: what is not the device's to publish or subscribe ends the connection") {
  const char* topics[] = {"devices/d9/messages/events/",
                          "devices/d80/messages/events/",
                          "a/b",
                          "$iothub/methods/POST/x/?$rid=1",
                          "$iothub/twin/GET/",
                          "$CONTROL/iothub-sim/v1"};
  for (const char* topic : topics) {
    CAPTURE(topic);
    RawDevice device(shared_hub(), "d8");
    REQUIRE(device.connect() == 0);
    device.publish(topic, R"({"id":1,"command":"devices"})");
    CHECK(device.wait_for_loss());
    CHECK(device.pubacks() == 0);
  }
  for (const char* filter : {"#", "devices/d9/messages/devicebound/#", "$SYS/#"}) {
    CAPTURE(filter);
    RawDevice device(shared_hub(), "d8");
    REQUIRE(device.connect() == 0);
    CHECK_FALSE(device.subscribe(filter));
    CHECK_FALSE(device.online());
  }
  CHECK(shared_hub().telemetry("d9").empty());
}

TEST_CASE("Hub: a publish of QoS 2 ends the connection") {
  RawDevice device(shared_hub(), "d10");
  REQUIRE(device.connect() == 0);
  device.publish("devices/d10/messages/events/", "x", 2);
  CHECK(device.wait_for_loss());
  CHECK(shared_hub().telemetry("d10").empty());
}

TEST_CASE("Hub: no message is lost when the broker is killed in the middle of two thousand") {
  const SimulatorProcess hub({.devices = {"d"}});
  RawDevice device(hub, "d");
  REQUIRE(device.connect() == 0);
  constexpr std::size_t kMessages = 2000;
  for (std::size_t i = 0; i < kMessages; ++i) {
    device.publish("devices/d/messages/events/", std::to_string(i));
  }
  REQUIRE(device.run_until([&] { return device.pubacks() >= kMessages / 2; }));
  hub.restart_broker();
  CHECK(device.wait_for_loss());
  REQUIRE(device.connect() == 0);
  CHECK(device.run_until([&] { return device.pubacks() >= kMessages; }, 20s));

  std::set<std::string> seen;
  for (const auto& record : hub.telemetry("d")) seen.insert(record.payload);
  CHECK(seen.size() == kMessages);
}
