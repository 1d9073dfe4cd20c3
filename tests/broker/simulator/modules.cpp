#include <future>

#include <doctest/doctest.h>

#include "hub/config.hpp"
#include "shared_hub.hpp"

using namespace azure::iot::device::test;
namespace simulator = azure::iot::device::simulator;
using namespace std::chrono_literals;

namespace {

SimulatorProcess& edge_hub() {
  static SimulatorProcess hub(
      {.devices = {"e/a", "e/b", "e/c", "e", "f/a"},
       .arguments = {"--route", "a/outputs/out 1=b/inputs/in", "--route",
                     "a/outputs/lost=nobody/inputs/in", "--policy", "edge=QUFBQQ=="}});
  return hub;
}

std::string inputs_of(const std::string& module) {
  return "devices/e/modules/" + module + "/inputs/#";
}

}  // namespace

TEST_CASE("Route: what is no route is named") {
  const auto route = simulator::parse_route("m 1/outputs/o=m2/inputs/i");
  CHECK(simulator::to_text(route) == "m 1/outputs/o=m2/inputs/i");
  for (const char* bad :
       {"", "a/outputs/o", "a/outputs/o=b", "a/inputs/o=b/inputs/i", "a/outputs/=b/inputs/i",
        "a/outputs/o=b/outputs/i", "/outputs/o=b/inputs/i", "a/outputs/o/p=b/inputs/i"}) {
    CAPTURE(bad);
    CHECK_THROWS_WITH(simulator::parse_route(bad), doctest::Contains("MODULE/outputs/OUTPUT"));
  }
}

TEST_CASE("Module: what goes to one of its inputs reaches it, with its properties") {
  SimulatorProcess& hub = edge_hub();
  RawDevice module(hub, "e/c");
  REQUIRE(module.connect() == 0);
  REQUIRE(module.subscribe(inputs_of("c")));
  hub.send_input("e/c", "in 1", "x", {.message_id = "7", .properties = {{"k", "v"}}});
  REQUIRE(module.wait_for_messages(1));
  CHECK(module.messages()[0].topic == "devices/e/modules/c/inputs/in%201/%24.mid=7&k=v");
  CHECK(module.messages()[0].payload == "x");
  CHECK(module.messages()[0].qos == 1);
  CHECK_THROWS_WITH(hub.send_input("e", "in", "x"), doctest::Contains("only modules"));
  CHECK_THROWS_WITH(hub.send_input("e/c", "", "x"), doctest::Contains("name"));
  CHECK_THROWS_WITH(hub.send_c2d("e/c", "x"), doctest::Contains("not to modules"));
}

TEST_CASE("Module: ten thousand messages to an input arrive in order") {
  SimulatorProcess& hub = edge_hub();
  RawDevice module(hub, "e/c", {.clean_session = true});
  REQUIRE(module.connect() == 0);
  REQUIRE(module.subscribe(inputs_of("c")));
  auto sent = std::async(std::launch::async, [&] {
    for (int i = 0; i < 10'000; ++i) hub.send_input("e/c", "in", std::to_string(i));
  });
  REQUIRE(module.run_until([&] { return module.messages().size() >= 10'000; }, 60s));
  sent.get();
  bool in_order = true;
  for (std::size_t i = 0; i < 10'000; ++i) {
    in_order = in_order && module.messages()[i].payload == std::to_string(i);
  }
  CHECK(in_order);
}

TEST_CASE("Module: a route hands on what is sent to an output, with who sent it") {
  SimulatorProcess& hub = edge_hub();
  RawDevice sender(hub, "e/a"), receiver(hub, "e/b");
  REQUIRE(sender.connect() == 0);
  REQUIRE(receiver.connect() == 0);
  REQUIRE(receiver.subscribe(inputs_of("b")));
  const std::string topic = "devices/e/modules/a/messages/events/";
  sender.publish(topic + "%24.on=out%201&%24.mid=m1&k=v", "routed");
  sender.publish(topic + "%24.on=elsewhere", "not routed");
  sender.publish(topic, "not routed");
  sender.publish(topic + "%24.on=lost", "nowhere to go");
  REQUIRE(sender.run_until([&] { return sender.pubacks() == 4; }));
  REQUIRE(receiver.wait_for_messages(1));
  CHECK(receiver.messages()[0].topic ==
        "devices/e/modules/b/inputs/in/%24.cdid=e&%24.cmid=a&%24.mid=m1&k=v");
  CHECK(receiver.messages()[0].payload == "routed");
  CHECK(hub.telemetry("e/a").at(0).system_properties.at("$.on") == "out 1");
  hub.wait_for_events("unroutable", "e/a");
  CHECK_FALSE(receiver.run_until([&] { return receiver.messages().size() > 1; }, 200ms));
}

TEST_CASE("Module: a route stays within the device") {
  SimulatorProcess& hub = edge_hub();
  RawDevice sender(hub, "f/a");
  REQUIRE(sender.connect() == 0);
  sender.publish("devices/f/modules/a/messages/events/%24.on=out%201", "x");
  hub.wait_for_events("unroutable", "f/a");
}

TEST_CASE("Module: it has a twin and methods of its own") {
  SimulatorProcess& hub = edge_hub();
  RawDevice module(hub, "e/a"), device(hub, "e");
  REQUIRE(module.connect() == 0);
  REQUIRE(device.connect() == 0);
  for (RawDevice* each : {&module, &device}) {
    REQUIRE(each->subscribe(kTwinFilter));
    REQUIRE(each->subscribe(kDesiredFilter));
    REQUIRE(each->subscribe(kMethodFilter));
  }
  hub.set_desired("e/a", R"({"x":1})");
  REQUIRE(module.wait_for_messages(1));
  module.publish("$iothub/twin/PATCH/properties/reported/?$rid=1", R"({"y":2})");
  REQUIRE(module.wait_for_messages(2));
  CHECK(hub.twin("e/a") == R"({"desired":{"x":1,"$version":2},"reported":{"y":2,"$version":2}})");
  CHECK(hub.twin("e") == R"({"desired":{"$version":1},"reported":{"$version":1}})");
  auto answer = std::async(std::launch::async, [&] { return hub.invoke("e/a", "m"); });
  REQUIRE(module.wait_for_messages(3));
  const std::string topic = module.messages()[2].topic;
  module.publish("$iothub/methods/res/200/" + topic.substr(topic.find('?')), "3");
  module.run_until([&] { return answer.wait_for(0s) == std::future_status::ready; });
  CHECK(answer.get().payload == "3");
  REQUIRE(device.wait_for_puback(device.publish("devices/e/messages/events/", "")));
  CHECK(device.messages().empty());
}

TEST_CASE("Token: one that was made for somebody lets him in, and nobody else") {
  SimulatorProcess& hub = edge_hub();
  const auto connack = [&](const std::string& name, const std::string& token) {
    return RawDevice(hub, name, {.password = token}).connect();
  };
  CHECK(connack("e/a", hub.token("e/a", 1h)) == 0);
  CHECK(connack("e", hub.token("e", 1h)) == 0);
  CHECK(connack("e/a", hub.token("e/a", 1h, "edge")) == 0);
  CHECK(connack("e/b", hub.token("e/a", 1h)) == 5);
  CHECK(connack("e", hub.token("e/a", 1h, "edge")) == 5);
  CHECK(connack("e", hub.token("e", -1s)) == 5);
  CHECK_THROWS_WITH(hub.token("nobody", 1h), doctest::Contains("nobody"));
  CHECK_THROWS_WITH(hub.token("e", 1h, "other"), doctest::Contains("no policy"));
}
