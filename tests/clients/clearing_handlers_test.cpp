// Handlers that are cleared: the packets sent, the waits, and the effects afterwards.
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/doctest_texts.hpp"
#include "support/log_listener.hpp"
#include "tests/clients/held_handlers.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

Texts unsubscribed(const TestClient& test) {
  return test.transport.topics(Packet::Kind::unsubscribe);
}

struct HandlerKind {
  std::string name;
  std::string topic;
  // Sets a handler that counts, or clears it.
  std::function<Call<void>(TestClient&, int* count)> set;
  std::function<void(TestClient&)> deliver;
};

const HandlerKind kKinds[] = {
    {"messages", "devices/dev1/messages/devicebound/#",
     [](TestClient& test, int* count) {
       return test.on_message(count ? [count](const Message&) { ++*count; }
                                    : std::function<void(Message)>());
     },
     [](TestClient& test) { test.receive_c2d("x"); }},
    {"methods", "$iothub/methods/POST/#",
     [](TestClient& test, int* count) {
       return test.on_method(count ? [count](const MethodRequest&) { ++*count; }
                                   : std::function<void(MethodRequest)>());
     },
     [](TestClient& test) { test.invoke_method("m", "{}"); }},
    {"patches", "$iothub/twin/PATCH/properties/desired/#",
     [](TestClient& test, int* count) {
       return test.on_patch(count ? [count](const Json&) { ++*count; }
                                  : std::function<void(Json)>());
     },
     [](TestClient& test) {
       test.patch_desired({{"a", 1}});
     }},
};

TEST_CASE("Clearing: the hub is told to stop, and what still comes is kept for the next handler") {
  for (const HandlerKind& kind : kKinds) {
    CAPTURE(kind.name);
    TestClient test;
    int first = 0, second = 0;
    kind.set(test, &first);
    kind.deliver(test);
    CHECK(first == 1);
    CHECK(kind.set(test, nullptr).succeeded());
    CHECK(unsubscribed(test) == Texts{kind.topic});
    kind.deliver(test);
    CHECK(first == 1);
    CHECK(kind.set(test, &second).succeeded());
    CHECK(second == 1);
    CHECK(test.transport.subscribed().back() == kind.topic);
  }
}

TEST_CASE("Clearing: nothing is sent where the hub was never asked to send") {
  for (const HandlerKind& kind : kKinds) {
    CAPTURE(kind.name);
    TestClient test;
    CHECK(kind.set(test, nullptr).succeeded());
    CHECK(test.transport.dials() == 0);
    CHECK(test.transport.packets().empty());
  }
}

TEST_CASE("Clearing: it ends when a call of the old handler has ended") {
  for (const HandlerKind& kind : kKinds) {
    CAPTURE(kind.name);
    HeldHandlersClient test;
    int handled = 0;
    kind.set(test, &handled);
    kind.deliver(test);
    const auto clear = kind.set(test, nullptr);
    test.advance(1min);
    CHECK_FALSE(clear.done());
    test.run_handlers();
    CHECK(clear.succeeded());
    CHECK(handled == 0);
  }
}

TEST_CASE("Clearing: a handler of another kind that runs is not waited for") {
  HeldHandlersClient test;
  test.on_message([](const Message&) {});
  test.on_method([](const MethodRequest&) {});
  test.receive_c2d("held");
  CHECK(test.on_method({}).succeeded());
}

TEST_CASE("Clearing: from inside the handler it does not wait for itself") {
  TestClient test;
  auto client = test.device_client();
  bool cleared = false;
  client.on_message_received([&](const Message&) {
    client.on_message_received({});
    cleared = true;
  });
  test.receive_c2d("x");
  CHECK(cleared);
  CHECK(test.loop->now() == SteadyTime());
}

TEST_CASE(
    "Clearing: an UNSUBSCRIBE that is refused is the call's error, and the next SUBSCRIBE is "
    "made") {
  for (const HandlerKind& kind : kKinds) {
    CAPTURE(kind.name);
    TestClient test({.ensure_desired_properties = false});
    int handled = 0;
    kind.set(test, &handled);
    test.transport.script_acks({refuse_with(Error(Errc::protocol_client, "refused"))});
    CHECK(kind.set(test, nullptr).error().code() == Errc::protocol_client);
    CHECK(kind.set(test, &handled).succeeded());
    CHECK(test.transport.subscribed() == Texts{kind.topic, kind.topic});
  }
}

TEST_CASE("Clearing: handlers of what the client itself has to say") {
  TestClient test;
  auto client = test.device_client();
  int told = 0;
  client.on_connection_state_change([&](const auto&) { ++told; });
  client.on_background_exception([&](const auto&) { ++told; });
  client.connect();
  CHECK(told == 1);
  client.on_connection_state_change({});
  test.drop();
  CHECK(told == 2);  // The drop, as a background exception.
  client.on_background_exception({});
  test.advance(10ms);
  LogListener log(LogLevel::error);
  test.drop();
  CHECK(told == 2);
  CHECK(log.records.empty());
  CHECK(test.transport.subscribed().empty());
}

TEST_CASE("Clearing: the handler for new tokens") {
  TestClient test("SharedAccessSignature sr=hub1%2Fdevices%2Fdev1&sig=x&se=1003600",
                  SasTokenOptions{});
  auto client = test.device_client();
  Texts told;
  client.on_background_exception([&](const IotError& e) { told.emplace_back(e.what()); });
  int asked = 0;
  client.on_new_sastoken_required([&] { ++asked; });
  client.on_new_sastoken_required({});
  test.advance(1h);
  CHECK(asked == 0);
  client.on_new_sastoken_required([&] { ++asked; });
  test.advance(0s);
  CHECK(asked == 1);
  CHECK(told.empty());
}

// The responses to twin reads are subscribed to first, so that the first read can be answered.
TEST_CASE("Clearing: patches whose twin cannot be subscribed to are not subscribed to either") {
  TestClient test;
  test.connect();
  test.transport.script_acks({refuse_with(Error(Errc::protocol_client, "SUBACK 0x80"))});
  CHECK(test.on_patch([](const Json&) {}).error().code() == Errc::protocol_client);
  CHECK(test.transport.subscribed() == Texts{"$iothub/twin/res/#"});
  CHECK(test.on_patch([](const Json&) {}).succeeded());
  CHECK(test.transport.subscribed().size() == 3);
}

}  // namespace
}  // namespace azure::iot::device::test
