#include "testkit/test_client.hpp"

#include <memory>
#include <optional>

#include <doctest/doctest.h>

#include "pipeline/events.hpp"
#include "support/doctest_texts.hpp"
#include "testkit/violations.hpp"

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

TEST_CASE("TestClient: an application sleeps in the loop's time, also in a handler") {
  TestClient hub;
  IoTHubDeviceClient client = hub.device_client();
  std::vector<SteadyTime> woken;
  client.on_message_received([&](const Message&) {
    hub.sleep(10s);
    woken.push_back(hub.loop->now());
  });
  hub.sleep(5s);
  hub.receive_c2d("hello");
  CHECK(woken == std::vector{SteadyTime(15s)});
}

TEST_CASE("TestClient: what stands for a thread of the application makes blocking calls") {
  TestClient hub;
  IoTHubDeviceClient client = hub.device_client();
  std::function<void()> report = [&] {
    client.send_message("21.5");
    hub.after(1min, report);
  };
  hub.after(1min, report);
  hub.script_messages({accept, slow(20s)});
  hub.advance(1min);
  CHECK(hub.messages().size() == 1);
  hub.advance(2min + 19s);
  CHECK(hub.messages().size() == 2);  // The pause begins when the second has been acknowledged.
  hub.advance(1s);
  CHECK(hub.messages().size() == 3);
}

// Returns the violations that a test reports if it ends while `start` waits, and whether its client
// is left.
template <class F>
Texts left_by(F start) {
  Texts told;
  const auto before = on_violation([&](const std::string& text) { told.push_back(text); });
  std::weak_ptr<detail::HubClientCore> core;
  {
    TestClient hub;
    core = hub.core;
    start(hub);
  }
  on_violation(before);
  if (!core.expired()) told.emplace_back("the client is left");
  return told;
}

TEST_CASE(
    "TestClient: a test may end while any call waits; its client ends, and so does the call") {
  const auto receive = [](TestClient& hub) {
    return hub.call<std::optional<Message>>(
        [](auto& core, auto done) { core.start_receive_message(true, {}, std::move(done)); });
  };
  CHECK(left_by([&](TestClient& hub) { receive(hub); }).empty());
  CHECK(left_by([&](TestClient& hub) {
          hub.script_subscribes({lost});
          receive(hub);
        }).empty());
  CHECK(left_by([&](TestClient& hub) {
          hub.script_connects({lost});
          receive(hub);
        }).empty());
  CHECK(left_by([](TestClient& hub) {
          hub.connect();
          hub.transport.silent_disconnect = true;
          hub.shutdown();
        }).empty());
  CHECK(left_by([](TestClient& hub) {
          hub.script_twin_reads({lost});
          hub.get_twin();
        }).empty());
}

TEST_CASE("TestClient: handlers and plans of a test do not outlive it") {
  bool called = false;
  CHECK(left_by([&](TestClient& hub) {
          hub.core->on_connection_state_change([&](const ConnectionStateChange& change) {
            if (!change.connected) called = true;
          });
          hub.connect();
          hub.after(100ms, [&] { called = true; });
          hub.script_subscribes({lost});
          hub.call<std::optional<Message>>(
              [](auto& core, auto done) { core.start_receive_message(true, {}, std::move(done)); });
        }).empty());
  CHECK_FALSE(called);
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
