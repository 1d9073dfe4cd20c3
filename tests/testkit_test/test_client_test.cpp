#include "testkit/test_client.hpp"

#include <doctest/doctest.h>

#include "pipeline/events.hpp"
#include "support/doctest_texts.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

TEST_CASE("TestClient: blocking calls of an application end without network and waiting") {
  TestClient test;
  IoTHubDeviceClient client = test.device_client();
  client.connect();
  CHECK(client.connected());
  client.send_message("21.5");
  CHECK(client.get_twin()["desired"]["$version"].get_if<int>() == 1);
  client.patch_twin_reported_properties({{"interval", 60}});
  client.disconnect();
  CHECK_FALSE(client.connected());
  client.shutdown();
  CHECK(test.loop->now() == SteadyTime());
}

TEST_CASE("TestClient: a blocking call lets the loop's time pass as far as it takes") {
  TestClient test;
  IoTHubDeviceClient client = test.device_client();
  test.transport.script_acks({slow(90s)});
  client.send_message("21.5");
  CHECK(test.loop->now() == SteadyTime(90s));
}

TEST_CASE("TestClient: a call that is not answered ends at its timeout, the client's or its own") {
  TestClient test({.operation_timeout = 7s});
  IoTHubDeviceClient client = test.device_client();
  client.connect();
  test.transport.script_acks({stall, stall});
  CHECK_THROWS_AS(client.send_message("21.5", 2s), OperationTimeout);
  CHECK(test.loop->now() == SteadyTime(2s));
  CHECK_THROWS_AS(client.send_message("21.6"), OperationTimeout);
  CHECK(test.loop->now() == SteadyTime(9s));
}

TEST_CASE("TestClient: a call that can never end says so instead of hanging") {
  TestClient test({.connection_retry = false, .operation_timeout = 0s});
  IoTHubDeviceClient client = test.device_client();
  client.connect();
  test.transport.otherwise = stall;
  CHECK_THROWS_WITH_AS(client.send_message("21.5"), doctest::Contains("the call cannot end"),
                       ClientError);
}

TEST_CASE("TestClient: what the test has planned happens in the middle of a call") {
  TestClient test;
  IoTHubDeviceClient client = test.device_client();
  Texts seen;
  client.on_connection_state_change(
      [&](ConnectionStateChange change) { seen.push_back(change.connected ? "up" : "down"); });
  test.transport.script_acks({stall});
  test.after(10s, [&] { test.drop(); });
  client.send_message("21.5");
  CHECK(seen == Texts{"up", "down", "up"});
  CHECK(test.transport.published().size() == 2);
}

TEST_CASE("TestClient: the errors of the far end are the exceptions of the application") {
  TestClient test;
  IoTHubDeviceClient client = test.device_client();
  test.transport.script({refuse, refuse_with(Error(Errc::unauthorized, "CONNACK 5"))});
  CHECK_THROWS_AS(client.connect(), ConnectionFailedError);
  CHECK_THROWS_AS(client.connect(), CredentialError);
  client.connect();
}

TEST_CASE("TestClient: handlers of an application may make blocking calls") {
  TestClient test;
  IoTHubDeviceClient client = test.device_client();
  client.on_method_request_received([&](MethodRequest request) {
    client.send_message("method " + request.name);
    client.send_method_response(MethodResponse::create_from_method_request(request, 200));
  });
  test.transport.script_acks({slow(20s), slow(20s)});
  test.invoke_method("blink", R"({"times": 3})");
  const Texts sent = test.transport.published();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].starts_with("devices/dev1/messages/events/"));
  CHECK(sent[1] == "$iothub/methods/res/200/?$rid=1");
  CHECK(test.loop->now() == SteadyTime(40s));
}

TEST_CASE("TestClient: handlers keep their order while one of them waits") {
  TestClient test;
  IoTHubDeviceClient client = test.device_client();
  Texts seen;
  client.on_message_received([&](Message message) {
    seen.push_back("begin " + message.data);
    client.send_message(message.data);
    seen.push_back("end " + message.data);
  });
  test.transport.script_acks({slow(20s)});
  test.transport.receive("devices/dev1/messages/devicebound/", "a");
  test.receive_c2d("b");
  CHECK(seen == Texts{"begin a", "end a", "begin b", "end b"});
}

TEST_CASE("TestClient: what comes down reaches the application") {
  TestClient test;
  IoTHubDeviceClient client = test.device_client();
  Texts seen;
  client.on_message_received([&](Message message) { seen.push_back(message.data); });
  client.on_twin_desired_properties_patch_received(
      [&](Json patch) { seen.push_back(patch.dump()); });
  test.receive_c2d("hello");
  test.patch_desired({{"interval", 5}});
  CHECK(seen == Texts{"hello", R"({"interval": 5, "$version": 2})"});
}

TEST_CASE("TestClient: a stage that makes a blocking call is told that it would wait for itself") {
  class WaitingStage final : public Handles<WaitingStage, Ops<>, Events<ConnectedEvent>> {
   public:
    explicit WaitingStage(IoTHubDeviceClient*& client) : client_(client) {}
    std::string_view name() const override { return "WaitingStage"; }
    void on(const ConnectedEvent& event) {
      send_event_up(event);
      client_->send_message("from a stage");
    }

   private:
    IoTHubDeviceClient*& client_;
  };
  IoTHubDeviceClient* known = nullptr;
  TestClient test(
      {.stages = {after("SasTokenStage", [&] { return std::make_unique<WaitingStage>(known); })}});
  IoTHubDeviceClient client = test.device_client();
  known = &client;
  Texts told;
  client.on_background_exception([&](const IotError& e) { told.push_back(e.what()); });
  client.connect();
  REQUIRE(told.size() == 1);
  CHECK(told[0].find("would wait for itself") != std::string::npos);
}

TEST_CASE("TestClient: the client of an application shuts down when it goes") {
  TestClient test;
  {
    IoTHubDeviceClient client = test.device_client();
    client.connect();
  }
  CHECK(test.transport.disconnects() == 1);
  CHECK(test.core->was_shut_down());
  CHECK(test.loop->pending_timers() == 0);
}

}  // namespace
}  // namespace azure::iot::device::test
