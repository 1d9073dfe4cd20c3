#include "hub/limits.hpp"

#include <future>
#include <thread>

#include <doctest/doctest.h>

#include "common/json.hpp"
#include "hub/throttle.hpp"
#include "hub/twin.hpp"
#include "shared_hub.hpp"

using namespace azure::iot::device::test;
namespace simulator = azure::iot::device::simulator;
using namespace std::chrono_literals;
using simulator::Limits;
using simulator::Throttle;
using simulator::Twin;

namespace {

std::string events_topic(const std::string& device) {
  return "devices/" + device + "/messages/events/";
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// The reason why the hub ended the device's latest connection: the event, as JSON.
std::string end_of(const SimulatorProcess& hub, const std::string& device) {
  return hub.wait_for_events("disconnected", device).back().json;
}

SimulatorProcess hub_with(std::vector<std::string> limits) {
  SimulatorOptions options{.devices = {"d"}};
  for (const std::string& limit : limits) {
    options.arguments.emplace_back("--limit");
    options.arguments.push_back(limit);
  }
  return SimulatorProcess(options);
}

}  // namespace

TEST_CASE("Limits: a limit is set by its name, and what is no limit or no number is named") {
  Limits limits;
  simulator::set_limit(limits, "subscriptions=3");
  CHECK(limits.subscriptions == 3);
  CHECK_THROWS_WITH(simulator::set_limit(limits, "wishes=3"), doctest::Contains("wishes=3"));
  for (const char* bad : {"shaping", "shaping=", "shaping=-1", "shaping=1x", "shaping=1.5"}) {
    CAPTURE(bad);
    CHECK_THROWS_WITH(simulator::set_limit(limits, bad), doctest::Contains("whole number"));
  }
}

TEST_CASE("Throttle: a second's burst passes, then all is slowed to the rate, then refused") {
  Throttle throttle(10, 2s);
  Throttle::Time now{1h};
  for (int i = 0; i < 11; ++i) CHECK(*throttle.admit(now) == 0s);
  CHECK(*throttle.admit(now) == 100ms);
  CHECK(*throttle.admit(now) == 200ms);
  for (int i = 0; i < 17; ++i) CHECK(throttle.admit(now));  // Up to 1.9 s.
  CHECK_FALSE(throttle.admit(now));
  CHECK(*throttle.admit(now + 1900ms) == 100ms);
  CHECK_FALSE(throttle.admit(now + 2s));  // Throttled for two seconds in a row.
  CHECK(*throttle.admit(now + 3s) == 0s);
}

TEST_CASE("Throttle: waiting out each delay lasts for the time of shaping, too") {
  Throttle throttle(10, 2s);
  Throttle::Time now{1h};
  int passed = 0;
  while (const auto delay = throttle.admit(now)) {
    now += *delay;
    REQUIRE(++passed < 100);
  }
  CHECK(passed >= 29);
  CHECK(passed <= 32);
}

TEST_CASE("Throttle: rate 0 lets everything pass") {
  Throttle throttle(0, 0s);
  for (int i = 0; i < 1000; ++i) CHECK(*throttle.admit({}) == 0s);
}

TEST_CASE("Twin: a section holds 32 KB of keys and values, and not a byte more") {
  const auto parse = [](const std::string& text) { return *simulator::parse_json(text); };
  const Twin twin;
  // key 1 + number 8, key 1 + boolean 4, key 2 + text 2 (its line feed is not counted)
  const auto patch = parse(R"({"a":1.5,"b":true,"cc":"x\ny","d":{"e":[1,null]}})");
  CHECK(twin.fits(Twin::Section::reported, patch, 9 + 5 + 4 + 1 + 1 + 8));
  CHECK_FALSE(twin.fits(Twin::Section::reported, patch, 9 + 5 + 4 + 1 + 1 + 8 - 1));
}

TEST_CASE("Hub: a message of 256 KB passes, properties included, and one byte more ends the link") {
  RawDevice device(shared_hub(), "d28");
  REQUIRE(device.connect() == 0);
  const std::string properties = "k=v";
  const std::string just(256 * 1024 - properties.size(), 'x');
  CHECK(device.wait_for_puback(device.publish(events_topic("d28") + properties, just)));
  device.publish(events_topic("d28") + properties, just + "y");
  CHECK(device.wait_for_loss());
  CHECK(contains(end_of(shared_hub(), "d28"), "larger than the hub allows"));
  CHECK(shared_hub().telemetry("d28").size() == 1);
}

TEST_CASE("Hub: a method carries 128 KB each way, and not a byte more") {
  SimulatorProcess& hub = shared_hub();
  RawDevice device(hub, "d29");
  REQUIRE(device.connect() == 0);
  REQUIRE(device.subscribe(kMethodFilter));
  const std::string just = '"' + std::string(128 * 1024 - 2, 'x') + '"';
  const std::string more = '"' + std::string(128 * 1024 - 1, 'x') + '"';
  CHECK_THROWS_WITH(hub.invoke("d29", "m", more), doctest::Contains("128 KB"));

  for (const bool too_large : {false, true}) {
    CAPTURE(too_large);
    const std::size_t before = device.messages().size();
    auto answer = std::async(std::launch::async, [&] { return hub.invoke("d29", "m", just); });
    REQUIRE(device.wait_for_messages(before + 1));
    const std::string& topic = device.messages().back().topic;
    device.publish("$iothub/methods/res/200/" + topic.substr(topic.find('?')),
                   too_large ? more : just, 0);
    device.run_until([&] { return answer.wait_for(0s) == std::future_status::ready; });
    if (too_large) {
      CHECK_THROWS_WITH(answer.get(), doctest::Contains("128 KB"));
      CHECK(device.wait_for_loss());
    } else {
      CHECK(answer.get().payload == just);
    }
  }
}

TEST_CASE("Hub: more unanswered methods than allowed are refused") {
  const SimulatorProcess hub = hub_with({"methods-in-flight=1"});
  RawDevice device(hub, "d");
  REQUIRE(device.connect() == 0);
  REQUIRE(device.subscribe(kMethodFilter));
  auto first =
      std::async(std::launch::async, [&] { CHECK_THROWS(hub.invoke("d", "m", "null", 1s)); });
  REQUIRE(device.wait_for_messages(1));
  CHECK_THROWS_WITH(hub.invoke("d", "m"), doctest::Contains("unanswered"));
  first.get();
  CHECK_THROWS_WITH(hub.invoke("d", "m", "null", 10ms), doctest::Contains("did not answer"));
}

TEST_CASE("Hub: as many topic filters as allowed, and one more ends the link") {
  const SimulatorProcess hub = hub_with({"subscriptions=3"});
  RawDevice device(hub, "d", {.clean_session = true});
  REQUIRE(device.connect() == 0);
  for (const auto& filter : {kMethodFilter, kTwinFilter, kDesiredFilter, kTwinFilter}) {
    CHECK(device.subscribe(filter));
  }
  CHECK_FALSE(device.subscribe("devices/d" + kC2dFilter));
  CHECK_FALSE(device.online());
  CHECK(contains(end_of(hub, "d"), "more topic filters"));
}

TEST_CASE("Hub: a subscription of QoS 2 is granted 1") {
  RawDevice device(shared_hub(), "d30");
  REQUIRE(device.connect() == 0);
  CHECK(device.subscribe(kTwinFilter, 2));
}

TEST_CASE("Hub: a retained message becomes a property and is kept for nobody") {
  RawDevice device(shared_hub(), "d31");
  REQUIRE(device.connect() == 0);
  REQUIRE(device.wait_for_puback(device.publish(events_topic("d31"), "x", 1, true)));
  CHECK(shared_hub().telemetry("d31").at(0).properties.at("mqtt-retain") == "true");
}

TEST_CASE("Hub: a will is telemetry once the link is lost, and nothing after a DISCONNECT") {
  SimulatorProcess& hub = shared_hub();
  RawDevice device(hub, "d32", {.will_topic = events_topic("d32") + "why=lost"});
  REQUIRE(device.connect() == 0);
  device.disconnect();
  hub.wait_for_events("disconnected", "d32");
  REQUIRE(device.connect() == 0);
  hub.drop("d32");
  const auto records = hub.wait_for_telemetry("d32", 1);
  CHECK(records.size() == 1);
  CHECK(records[0].payload == "gone");
  CHECK(records[0].properties.at("iothub-MessageType") == "Will");
  CHECK(records[0].properties.at("why") == "lost");
}

TEST_CASE("Hub: a will to another topic is refused, and one of a link that was taken over is due") {
  SimulatorProcess& hub = shared_hub();
  RawDevice wrong(hub, "d33", {.will_topic = "devices/d34/messages/events/"});
  REQUIRE(wrong.connect() == 0);
  hub.drop("d33");
  hub.wait_for_events("refused_topic", "d33");
  CHECK(hub.telemetry("d34").empty());

  RawDevice first(hub, "d35", {.will_topic = events_topic("d35")});
  REQUIRE(first.connect() == 0);
  RawDevice second(hub, "d35");
  REQUIRE(second.connect() == 0);
  CHECK(hub.wait_for_telemetry("d35", 1).at(0).payload == "gone");
  CHECK(contains(end_of(hub, "d35"), "400027"));
}

TEST_CASE("Hub: a link is severed when its token expires, after the grace") {
  for (const bool grace : {false, true}) {
    CAPTURE(grace);
    const SimulatorProcess hub = hub_with({grace ? "token-grace=1" : "token-grace=0"});
    RawDevice device(hub, "d", {.password = hub.token("d", 2s)});
    const auto start = std::chrono::steady_clock::now();
    REQUIRE(device.connect() == 0);
    REQUIRE(device.wait_for_loss());
    CHECK(std::chrono::steady_clock::now() - start >= (grace ? 2s : 1s));
    CHECK(contains(end_of(hub, "d"), "401003"));
  }
}

TEST_CASE("Hub: silence beyond the cap ends a link, whatever its keep-alive") {
  const SimulatorProcess hub = hub_with({"keep-alive-cap=1"});
  RawDevice device(hub, "d", {.keep_alive = 60});
  REQUIRE(device.connect() == 0);
  for (int i = 0; i < 4; ++i) {  // Any traffic counts.
    REQUIRE(device.wait_for_puback(device.publish(events_topic("d"), "x")));
    device.run_until([] { return false; }, 500ms);
  }
  CHECK(device.online());
  CHECK(device.wait_for_loss());
  CHECK(contains(end_of(hub, "d"), "silent"));
}

TEST_CASE("Hub: telemetry above the rate is slowed, then ends the link") {
  const SimulatorProcess hub = hub_with({"telemetry-rate=50", "shaping=1"});
  RawDevice device(hub, "d");
  REQUIRE(device.connect() == 0);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 200; ++i) device.publish(events_topic("d"), "x");
  REQUIRE(device.wait_for_loss());
  const auto took = std::chrono::steady_clock::now() - start;
  CHECK(took >= 1s);
  CHECK(contains(end_of(hub, "d"), "429001"));
  const std::size_t let_through = hub.telemetry("d").size();
  CHECK(let_through >= 51);  // The burst, and a few more.
  CHECK(let_through < 200);
  CHECK(let_through <= 51 + 50 * std::chrono::ceil<std::chrono::seconds>(took).count());
}

TEST_CASE("Hub: twin reads above the rate are slowed, then answered with 429") {
  const SimulatorProcess hub = hub_with({"twin-read-rate=10", "shaping=1"});
  RawDevice device(hub, "d");
  REQUIRE(device.connect() == 0);
  REQUIRE(device.subscribe(kTwinFilter));
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 40; ++i) device.publish("$iothub/twin/GET/?$rid=" + std::to_string(i), "");
  REQUIRE(device.wait_for_messages(40));
  CHECK(std::chrono::steady_clock::now() - start >= 800ms);
  int good = 0, throttled = 0;
  for (const auto& message : device.messages()) {
    good += message.topic.starts_with("$iothub/twin/res/200/");
    throttled += message.topic.starts_with("$iothub/twin/res/429/");
  }
  CHECK(good >= 20);
  CHECK(throttled > 0);
  CHECK(good + throttled == 40);
}

TEST_CASE("Hub: connects above the rate end without a CONNACK") {
  const SimulatorProcess hub = hub_with({"connect-rate=1", "shaping=0"});
  RawDevice device(hub, "d");
  CHECK(device.connect() == 0);
  int dropped = 0;
  for (int i = 0; i < 5; ++i) {
    device.disconnect();
    dropped += !device.connect();
  }
  CHECK(dropped >= 3);
  CHECK(contains(hub.events("refused").back().json, "429001"));
}

TEST_CASE("Hub: reported properties above 32 KB are refused with 400, at 32 KB they pass") {
  SimulatorProcess& hub = shared_hub();
  RawDevice device(hub, "d36");
  REQUIRE(device.connect() == 0);
  REQUIRE(device.subscribe(kTwinFilter));
  std::string patch = "{";  // Eight keys of 2 bytes, with texts of 4,094.
  for (int i = 0; i < 8; ++i) {
    patch += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":\"" + std::string(4094, 'x') + '"';
  }
  device.publish("$iothub/twin/PATCH/properties/reported/?$rid=1", patch + "}");
  REQUIRE(device.wait_for_messages(1));
  CHECK(device.messages()[0].topic == "$iothub/twin/res/204/?$rid=1&$version=2");
  device.publish("$iothub/twin/PATCH/properties/reported/?$rid=2", R"({"m":""})");
  REQUIRE(device.wait_for_messages(2));
  CHECK(device.messages()[1].topic == "$iothub/twin/res/400/?$rid=2");
  CHECK(contains(device.messages()[1].payload, "400004"));
  CHECK_THROWS_WITH(hub.set_desired("d36", patch.substr(0, patch.size()) + R"(,"m":""})"),
                    doctest::Contains("32 KB"));
}
