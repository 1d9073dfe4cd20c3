// Handlers and receive calls: their exclusions, and the place of items that arrive meanwhile.
#define AZURE_IOT_DEVICE_PULL_CALLS
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/doctest_texts.hpp"
#include "testkit/test_client.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

struct Use {
  std::string name;
  std::function<void(IoTHubDeviceClient&, IoTHubModuleClient&)> make;
};

const Use kHandlers[] = {
    {"messages", [](auto& d, auto&) { d.on_message_received([](const Message&) {}); }},
    {"inputs", [](auto&, auto& m) { m.on_message_received([](const Message&) {}); }},
    {"methods", [](auto& d, auto&) { d.on_method_request_received([](const MethodRequest&) {}); }},
    {"patches",
     [](auto& d, auto&) { d.on_twin_desired_properties_patch_received([](const Json&) {}); }},
    {"none", [](auto& d, auto&) { d.on_message_received({}); }},
};
const Use kReceives[] = {
    {"messages", [](auto& d, auto&) { d.receive_message(false); }},
    {"inputs", [](auto&, auto& m) { m.receive_message_on_input("in", false); }},
    {"methods", [](auto& d, auto&) { d.receive_method_request({}, false); }},
    {"methods by name", [](auto& d, auto&) { d.receive_method_request("m", false); }},
    {"patches", [](auto& d, auto&) { d.receive_twin_desired_properties_patch(false); }},
};

struct Clients : TestClient {
  Clients() : TestClient({}, kTestModuleConnectionString) {}
  void make(const Use& use) { use.make(device, module); }

  IoTHubDeviceClient device = device_client();
  IoTHubModuleClient module = module_client();
};

TEST_CASE("Receive modes: any handler excludes any receive call, and the other way round") {
  for (const Use& handler : kHandlers) {
    for (const Use& receive : kReceives) {
      CAPTURE(handler.name);
      CAPTURE(receive.name);
      Clients with_handler;
      with_handler.make(handler);
      const std::size_t packets = with_handler.transport.packets().size();
      CHECK_THROWS_AS(with_handler.make(receive), ClientError);
      CHECK(with_handler.transport.packets().size() == packets);

      Clients receiving;
      receiving.make(receive);
      CHECK_THROWS_AS(receiving.make(handler), ClientError);
      CHECK(receiving.transport.subscribed().size() <= 2);
    }
  }
}

TEST_CASE("Receive modes: of one kind all go together") {
  Clients handlers, calls;
  for (const Use& handler : kHandlers) CHECK_NOTHROW(handlers.make(handler));
  for (const Use& receive : kReceives) CHECK_NOTHROW(calls.make(receive));
}

TEST_CASE("Receive modes: handlers that receive nothing, and other calls, exclude none") {
  Clients test;
  test.device.on_connection_state_change([](const auto&) {});
  test.device.on_background_exception([](const auto&) {});
  test.device.on_new_sastoken_required([] {});
  test.device.get_twin();
  CHECK_NOTHROW(test.make(kReceives[0]));
}

// The session of an earlier run may deliver before the hub has acknowledged anything.
TEST_CASE("Receive modes: what comes while the hub is asked is found by its name") {
  Clients test;
  test.connect();
  test.transport.script_acks({late, late});
  const auto method = test.call<std::optional<MethodRequest>>(
      [](auto& c, auto done) { c.start_receive_method_request("m", true, {}, std::move(done)); });
  const auto input = test.call<std::optional<Message>>([](auto& c, auto done) {
    c.start_receive_message_on_input("in", true, {}, std::move(done));
  });
  test.invoke_method("m", "1");
  test.receive("devices/dev1/modules/mod1/inputs/in/", "2");
  CHECK_FALSE(method.done());
  test.transport.release();
  test.loop->run_posted();
  REQUIRE(method.succeeded());
  REQUIRE(method.value());
  CHECK(method.value()->payload == 1);
  REQUIRE(input.succeeded());
  REQUIRE(input.value());
  CHECK(input.value()->data == "2");
}

TEST_CASE(
    "Receive modes: a SUBSCRIBE that is refused is the call's error, and the next call's work") {
  for (const Use& receive : kReceives) {
    CAPTURE(receive.name);
    Clients test;
    test.connect();
    test.transport.script_acks({refuse_with(Error(Errc::protocol_client, "SUBACK 0x80"))});
    CHECK_THROWS_AS(test.make(receive), ClientError);
    CHECK(test.transport.subscribed().size() == 1);
    CHECK_NOTHROW(test.make(receive));
    const std::size_t subscribed = test.transport.subscribed().size();
    CHECK_NOTHROW(test.make(receive));
    CHECK(test.transport.subscribed().size() == subscribed);
  }
}

}  // namespace
}  // namespace azure::iot::device::test
