#include <doctest/doctest.h>

#include "common/json.hpp"
#include "hub/twin.hpp"
#include "shared_hub.hpp"

using namespace azure::iot::device::test;
namespace simulator = azure::iot::device::simulator;
using simulator::Twin;

namespace {

std::string merged(std::initializer_list<const char*> patches) {
  Twin twin;
  for (const char* patch : patches)
    twin.patch(Twin::Section::reported, *simulator::parse_json(patch));
  const auto document = simulator::parse_json(twin.document());
  return simulator::to_text((*document)["reported"]);
}

std::optional<std::string> violation(const std::string& patch) {
  return simulator::twin_patch_violation(*simulator::parse_json(patch));
}

}  // namespace

TEST_CASE("Twin: a patch merges objects, replaces all else, and null deletes") {
  CHECK(merged({}) == R"({"$version":1})");
  CHECK(merged({R"({"a":{"x":1,"y":2}})", R"({"a":{"y":null,"z":[1,null]}})"}) ==
        R"({"a":{"x":1,"z":[1,null]},"$version":3})");
  CHECK(merged({R"({"a":{"x":1}})", R"({"a":2})"}) == R"({"a":2,"$version":3})");
  CHECK(merged({R"({"a":1})", R"({"a":{"b":null,"c":1}})"}) == R"({"a":{"c":1},"$version":3})");
  CHECK(merged({R"({"a":1})", R"({"a":null,"never":null})"}) == R"({"$version":3})");
  CHECK(merged({"{}"}) == R"({"$version":2})");
  CHECK(merged({R"({"a":1,"a":2})"}) == R"({"a":2,"$version":2})");
}

TEST_CASE("Twin: what was written is restored") {
  Twin twin;
  twin.patch(Twin::Section::desired, *simulator::parse_json(R"({"a":{"b":"\u00e9"}})"));
  Twin other;
  CHECK(other.restore(twin.document()));
  CHECK(other.document() == twin.document());
  CHECK_FALSE(other.restore("{}"));
  CHECK_FALSE(other.restore("nonsense"));
}

TEST_CASE("Twin: a patch outside the hub's rules is named") {
  CHECK_FALSE(violation(R"({"ok":{"a":[1,{"b":4503599627370496}]},"n":-4503599627370496})"));
  // As in the service's own example: ten nested objects below the section.
  CHECK_FALSE(violation(R"({"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}}}})"));
  for (const char* patch :
       {"[]", "1", R"({"$version":1})", R"({"a b":1})", R"({"a.b":1})", R"({"a":{"\u0001":1}})",
        R"({"":1})", R"({"a":4503599627370497})", R"({"a":18446744073709551615})",
        R"({"a":-4503599627370497})", R"({"a":-9223372036854775808})",
        R"({"a":[9223372036854775807]})",
        R"({"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}}}}})"}) {
    CAPTURE(patch);
    CHECK(violation(patch));
  }
  CHECK_FALSE(violation(R"({"a":")" + std::string(4096, 'x') + R"("})"));
  CHECK(violation(R"({"a":")" + std::string(4097, 'x') + R"("})"));
}

TEST_CASE("Hub: a twin is read, patched, and refused with its number") {
  RawDevice device(shared_hub(), "d11");
  REQUIRE(device.connect() == 0);
  REQUIRE(device.subscribe(kTwinFilter));

  device.publish("$iothub/twin/GET/?$rid=a-1", " ");
  REQUIRE(device.wait_for_messages(1));
  CHECK(device.messages()[0].topic == "$iothub/twin/res/200/?$rid=a-1");
  CHECK(device.messages()[0].payload == R"({"desired":{"$version":1},"reported":{"$version":1}})");

  device.publish("$iothub/twin/PATCH/properties/reported/?$rid=b%20", R"({"t":21.5,"s":null})");
  REQUIRE(device.wait_for_messages(2));
  CHECK(device.messages()[1].topic == "$iothub/twin/res/204/?$rid=b%20&$version=2");
  CHECK(device.messages()[1].payload.empty());
  CHECK(shared_hub().twin("d11") ==
        R"({"desired":{"$version":1},"reported":{"t":21.5,"$version":2}})");

  for (const char* bad : {"{", "[1]", "", R"({"$version":7})"}) {
    CAPTURE(bad);
    const std::size_t before = device.messages().size();
    device.publish("$iothub/twin/PATCH/properties/reported/?$rid=c", bad);
    REQUIRE(device.wait_for_messages(before + 1));
    CHECK(device.messages().back().topic == "$iothub/twin/res/400/?$rid=c");
  }
  CHECK(shared_hub().twin("d11") ==
        R"({"desired":{"$version":1},"reported":{"t":21.5,"$version":2}})");
}

TEST_CASE("Hub: a change of desired properties reaches a device that is there and has subscribed") {
  SimulatorProcess& hub = shared_hub();
  CHECK(hub.set_desired("d12", R"({"before":1})") == 2);
  RawDevice device(hub, "d12");
  REQUIRE(device.connect() == 0);
  CHECK(hub.set_desired("d12", R"({"unheard":1})") == 3);
  REQUIRE(device.subscribe(kDesiredFilter));
  CHECK(hub.set_desired("d12", R"({"before":null,"after":{"x":1}})") == 4);
  REQUIRE(device.wait_for_messages(1));
  CHECK(device.messages().size() == 1);
  CHECK(device.messages()[0].topic == "$iothub/twin/PATCH/properties/desired/?$version=4");
  CHECK(device.messages()[0].payload == R"({"before":null,"after":{"x":1},"$version":4})");
  CHECK(hub.twin("d12") ==
        R"({"desired":{"unheard":1,"after":{"x":1},"$version":4},"reported":{"$version":1}})");
}

TEST_CASE("Hub: without a subscription a twin request is not answered") {
  RawDevice device(shared_hub(), "d13");
  REQUIRE(device.connect() == 0);
  device.publish("$iothub/twin/GET/?$rid=1", "");
  shared_hub().wait_for_events("twin_read", "d13");
  REQUIRE(device.subscribe(kTwinFilter));
  device.publish("$iothub/twin/GET/?$rid=2", "");
  REQUIRE(device.wait_for_messages(1));
  CHECK(device.messages()[0].topic == "$iothub/twin/res/200/?$rid=2");
}

TEST_CASE("Hub: twins outlive the broker") {
  const SimulatorProcess hub({.devices = {"d"}});
  hub.set_desired("d", R"({"a":1})");
  hub.restart_broker();
  CHECK(hub.twin("d") == R"({"desired":{"a":1,"$version":2},"reported":{"$version":1}})");
  CHECK(hub.set_desired("d", R"({"a":2})") == 3);
}
