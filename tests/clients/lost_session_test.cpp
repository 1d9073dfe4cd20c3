// Each feature after the hub has lost the session: it is enabled again, or its failure is reported.
#define AZURE_IOT_DEVICE_PULL_CALLS
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "testkit/test_client.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

struct UsedFeature {
  std::string name;
  std::string topic;
  std::function<void(IoTHubDeviceClient&, IoTHubModuleClient&)> use;
};

const UsedFeature kFeatures[] = {
    {"twin", "$iothub/twin/res/#", [](auto& device, auto&) { device.get_twin(); }},
    {"c2d", "devices/dev1/messages/devicebound/#",
     [](auto& device, auto&) { device.on_message_received([](const Message&) {}); }},
    {"input", "devices/dev1/modules/mod1/inputs/#",
     [](auto&, auto& module) { module.on_message_received([](const Message&) {}); }},
    {"methods", "$iothub/methods/POST/#",
     [](auto& device, auto&) { device.on_method_request_received([](const MethodRequest&) {}); }},
    {"twin_patches", "$iothub/twin/PATCH/properties/desired/#",
     [](auto& device, auto&) {
       device.on_twin_desired_properties_patch_received([](const Json&) {});
     }},
};

struct SessionClient : TestClient {
  explicit SessionClient(ConnectionStringOptions options = {.ensure_desired_properties = false,
                                                            .operation_timeout = 5s})
      : TestClient(options, kTestModuleConnectionString) {
    device.on_background_exception([this](const IotError& e) { told.emplace_back(e.what()); });
  }
  // Drops the link, which returns with or without the session. Returns the topics subscribed to
  // then.
  Texts reconnect(bool session_present) {
    told.clear();
    transport.session_present = session_present;
    const std::size_t before = transport.subscribed().size();
    drop();
    advance(10ms);
    const Texts all = transport.subscribed();
    // The drop itself is reported as well.
    std::erase_if(told, [](const std::string& t) { return t.starts_with("Lost connection"); });
    return {all.begin() + static_cast<std::ptrdiff_t>(before), all.end()};
  }

  IoTHubDeviceClient device = device_client();
  IoTHubModuleClient module = module_client();
  Texts told;
};

TEST_CASE("Lost session: each feature that is in use is enabled again, once, and no other") {
  for (const UsedFeature& feature : kFeatures) {
    CAPTURE(feature.name);
    SessionClient test;
    feature.use(test.device, test.module);
    CHECK(test.transport.subscribed() == Texts{feature.topic});
    CHECK(test.reconnect(false) == Texts{feature.topic});
    CHECK(test.reconnect(true).empty());
    CHECK(test.reconnect(false) == Texts{feature.topic});
    CHECK(test.told.empty());
    feature.use(test.device, test.module);
    CHECK(test.transport.subscribed().size() == 3);
  }
}

TEST_CASE("Lost session: all of them are enabled again, the twin's responses first") {
  SessionClient test;
  for (const UsedFeature& feature : kFeatures) feature.use(test.device, test.module);
  Texts topics;
  for (const UsedFeature& feature : kFeatures) topics.push_back(feature.topic);
  CHECK(test.reconnect(false) == topics);
}

TEST_CASE("Lost session: a handler that was cleared is not enabled again") {
  SessionClient test;
  test.on_message([](const Message&) {});
  test.on_method([](const MethodRequest&) {});
  test.on_message({});
  CHECK(test.reconnect(false) == Texts{"$iothub/methods/POST/#"});
}

TEST_CASE("Lost session: a feature that the hub does not enable again is reported by its name") {
  for (const UsedFeature& feature : kFeatures) {
    CAPTURE(feature.name);
    SessionClient test;
    feature.use(test.device, test.module);
    test.transport.script_acks({refuse_with(Error(Errc::protocol_client, "SUBACK 0x80"))});
    test.reconnect(false);
    REQUIRE(test.told.size() == 1);
    CHECK(test.told[0].find("the hub lost the session, and does not send " + feature.name + " ") !=
          std::string::npos);
    CHECK(test.told[0].find("SUBACK 0x80") != std::string::npos);
    CHECK(test.reconnect(true) == Texts{feature.topic});  // The session is still lost.
    CHECK(test.reconnect(true).empty());
  }
}

TEST_CASE("Lost session: a SUBSCRIBE that is not acknowledged is given up at operation_timeout") {
  SessionClient test;
  test.on_message([](const Message&) {});
  test.transport.otherwise = stall;
  test.transport.script({accept});
  test.reconnect(false);
  test.advance(5s - 10ms - 1ns);
  CHECK(test.told.empty());
  test.advance(10ms + 1ns);
  REQUIRE(test.told.size() == 1);
  CHECK(test.told[0].find("does not send c2d any more") != std::string::npos);
}

TEST_CASE("Lost session: no attempt begins at the moment at which operation_timeout ends them") {
  SessionClient test({.ensure_desired_properties = false, .operation_timeout = 30s});
  test.on_message([](const Message&) {});
  test.transport.otherwise = stall;
  test.transport.script({accept});
  test.reconnect(false);
  test.advance(30s);
  CHECK(test.transport.subscribed().size() == 2);
  REQUIRE(test.told.size() == 1);
  CHECK(test.told[0].find("does not send c2d any more") != std::string::npos);
}

TEST_CASE("Lost session: what ends with the link is not reported, and made good on the next one") {
  const std::function<void(SessionClient&)> kEnds[] = {
      [](SessionClient& test) { test.drop(); },
      [](SessionClient& test) { test.disconnect(); },
  };
  for (const auto& end : kEnds) {
    SessionClient test;
    test.on_message([](const Message&) {});
    test.transport.script_acks({stall});
    test.reconnect(false);
    test.transport.session_present = true;
    end(test);
    test.connect();
    test.advance(1min);
    CHECK(test.transport.subscribed().size() == 3);
    std::erase_if(test.told, [](const std::string& t) { return t.starts_with("Lost connection"); });
    CHECK(test.told.empty());
  }
}

TEST_CASE("Lost session: what ends with a shutdown is not reported") {
  SessionClient test;
  test.on_message([](const Message&) {});
  test.transport.otherwise = stall;
  test.transport.script({accept});
  test.reconnect(false);
  test.shutdown();
  test.advance(1h);
  CHECK(test.told.empty());
}

}  // namespace
}  // namespace azure::iot::device::test
