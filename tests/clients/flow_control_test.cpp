// A client whose inboxes are full stops reading until there is room again.
#define AZURE_IOT_DEVICE_PULL_CALLS
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "pipeline/operations.hpp"
#include "testkit/test_client.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

constexpr int kCapacity = 1024;

struct FlowClient : TestClient {
  FlowClient() : TestClient({}, kTestModuleConnectionString) { connect(); }
  void fill(const std::function<void()>& deliver, int items = kCapacity) {
    for (int i = 0; i < items; ++i) deliver();
  }
  void message() { receive_c2d("x"); }
  void method(const std::string& name = "m") { invoke_method(name, "{}"); }
  void patch() { patch_desired({{"a", 1}}); }
  void input() { receive("devices/dev1/modules/mod1/inputs/in/", "x"); }
};

TEST_CASE("Flow control: each kind of inbox stops the reading with the item that fills it") {
  const std::function<void(FlowClient&)> kKinds[] = {
      [](FlowClient& test) { test.method(); },
      [](FlowClient& test) { test.patch(); },
      [](FlowClient& test) { test.input(); },
  };
  for (const auto& deliver : kKinds) {
    for (const bool by_name : {false, true}) {
      CAPTURE(by_name);
      FlowClient test;
      auto client = test.module_client();
      if (by_name) {
        client.receive_message_on_input("in", false);
        client.receive_method_request("m", false);
      }
      test.fill([&] { deliver(test); }, kCapacity - 1);
      CHECK_FALSE(test.transport.paused());
      deliver(test);
      CHECK(test.transport.paused());
    }
  }
}

TEST_CASE("Flow control: the inbox of messages from the cloud stops the reading as well") {
  FlowClient test;
  auto client = test.device_client();
  test.fill([&] { test.message(); }, kCapacity - 1);
  CHECK_FALSE(test.transport.paused());
  test.message();
  CHECK(test.transport.paused());
}

TEST_CASE("Flow control: reading goes on when half of the inbox has been taken out") {
  FlowClient test;
  auto client = test.device_client();
  test.fill([&] { test.message(); });
  test.message();  // Is not read.
  for (int left = kCapacity; left > kCapacity / 2 + 1; --left) client.receive_message(false);
  CHECK(test.transport.paused());
  client.receive_message(false);
  test.advance(0s);
  CHECK_FALSE(test.transport.paused());
  int rest = 0;
  while (client.receive_message(false)) ++rest;
  CHECK(rest == kCapacity / 2 + 1);
}

TEST_CASE("Flow control: a handler that takes everything lets the reading go on") {
  FlowClient test;
  test.fill([&] { test.message(); });
  CHECK(test.transport.paused());
  int handled = 0;
  test.on_message([&](const Message&) { ++handled; });
  CHECK(handled == kCapacity);
  CHECK_FALSE(test.transport.paused());
}

TEST_CASE("Flow control: two full inboxes need room both") {
  FlowClient test;
  auto client = test.device_client();
  test.fill([&] { test.message(); }, kCapacity - 1);
  test.fill([&] { test.patch(); }, kCapacity - 1);
  // In one turn, since a client that does not read fills nothing.
  test.transport.receive("devices/dev1/messages/devicebound/", "x");
  test.transport.receive("$iothub/twin/PATCH/properties/desired/?$version=9", R"({"$version": 9})");
  test.loop->run_posted();
  CHECK(test.transport.paused());
  while (client.receive_message(false)) {
  }
  test.advance(0s);
  CHECK(test.transport.paused());
  while (client.receive_twin_desired_properties_patch(false)) {
  }
  test.advance(0s);
  CHECK_FALSE(test.transport.paused());
}

TEST_CASE("Flow control: the transport is asked once for each pause and each end of one") {
  class Counter final : public Handles<Counter, Ops<PauseReadingOperation>> {
   public:
    explicit Counter(std::vector<bool>& asked) : asked_(asked) {}
    std::string_view name() const override { return "Counter"; }
    void run(Owned<PauseReadingOperation> op) {
      asked_.push_back(op->paused);
      send_op_down(std::move(op));
    }

   private:
    std::vector<bool>& asked_;
  };
  std::vector<bool> asked;
  TestClient test(
      {.stages = {before("MqttTransportStage", [&] { return std::make_unique<Counter>(asked); })}});
  test.connect();
  // All in one turn: two inboxes are full before the hub is asked.
  for (int i = 0; i < kCapacity; ++i) {
    test.transport.receive("devices/dev1/messages/devicebound/", "x");
    test.transport.receive("$iothub/methods/POST/m/?$rid=1", "{}");
  }
  test.loop->run_posted();
  CHECK(asked == std::vector{true});
  test.on_message([](const Message&) {});
  CHECK(asked == std::vector{true});
  test.on_method([](const MethodRequest&) {});
  CHECK(asked == std::vector{true, false});
}

TEST_CASE("Flow control: requests that are dropped with the link make room, once") {
  FlowClient test;
  for (int round = 0; round < 3; ++round) {
    CAPTURE(round);
    test.method();  // Dropped as well, from an inbox that is not full.
    test.disconnect();
    test.connect();
    test.fill([&] { test.method(); }, kCapacity - 1);
    CHECK_FALSE(test.transport.paused());
    test.method();
    CHECK(test.transport.paused());
    test.disconnect();
    test.connect();
    CHECK_FALSE(test.transport.paused());
  }
}

}  // namespace
}  // namespace azure::iot::device::test
