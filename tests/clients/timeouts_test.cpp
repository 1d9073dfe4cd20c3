// Each call with a timeout ends at it, regardless of the cause of the wait.
#define AZURE_IOT_DEVICE_PULL_CALLS
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "tests/clients/held_handlers.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;
using Timeout = IoTHubClient::Timeout;

std::string own_token(std::int64_t expiry) {
  return "SharedAccessSignature sr=hub1%2Fdevices%2Fdev1&sig=x&se=" + std::to_string(expiry);
}

template <class Client>
struct TimedCall {
  std::string name;
  std::function<void(Client&, Timeout)> make;
};

const TimedCall<IoTHubDeviceClient> kDeviceCalls[] = {
    {"send_message", [](auto& c, Timeout t) { c.send_message(Message{.data = "x"}, t); }},
    {"send_message of a text", [](auto& c, Timeout t) { c.send_message("x", t); }},
    {"send_method_response",
     [](auto& c, Timeout t) { c.send_method_response({.request_id = "1", .status = 200}, t); }},
    {"get_twin", [](auto& c, Timeout t) { c.get_twin(t); }},
    {"patch_twin_reported_properties",
     [](auto& c, Timeout t) {
       c.patch_twin_reported_properties({{"a", 1}}, t);
     }},
    {"on_message_received",
     [](auto& c, Timeout t) { c.on_message_received([](const Message&) {}, t); }},
    {"on_method_request_received",
     [](auto& c, Timeout t) { c.on_method_request_received([](const MethodRequest&) {}, t); }},
    {"on_twin_desired_properties_patch_received",
     [](auto& c, Timeout t) {
       c.on_twin_desired_properties_patch_received([](const Json&) {}, t);
     }},
};

const TimedCall<IoTHubModuleClient> kModuleCalls[] = {
    {"send_message_to_output",
     [](auto& c, Timeout t) { c.send_message_to_output(Message{.data = "x"}, "out", t); }},
    {"send_message_to_output of a text",
     [](auto& c, Timeout t) { c.send_message_to_output("x", "out", t); }},
    {"on_message_received of a module",
     [](auto& c, Timeout t) { c.on_message_received([](const Message&) {}, t); }},
};

// The time on the loop that a call takes to end at its timeout.
template <class F>
Duration time_until_timeout(TestClient& test, const F& call) {
  const SteadyTime start = test.loop->now();
  CHECK_THROWS_AS(call(), OperationTimeout);
  return test.loop->now() - start;
}

// With a timeout of its own, and without one, for which the client's applies.
template <class Client>
void check_timeouts(TestClient& test, Client& client, const TimedCall<Client>& call) {
  CAPTURE(call.name);
  CHECK(time_until_timeout(test, [&] { call.make(client, 700ms); }) == 700ms);
  CHECK(time_until_timeout(test, [&] { call.make(client, {}); }) == 5s);
  CHECK_THROWS_AS(call.make(client, -1ms), std::invalid_argument);
}

TEST_CASE("Timeouts: a call that is never answered ends at its own, else at that of the client") {
  for (const auto& call : kDeviceCalls) {
    TestClient test({.operation_timeout = 5s});
    auto client = test.device_client();
    client.connect();
    test.transport.otherwise = stall;
    check_timeouts(test, client, call);
  }
  for (const auto& call : kModuleCalls) {
    TestClient test({.operation_timeout = 5s}, kTestModuleConnectionString);
    auto client = test.module_client();
    client.connect();
    test.transport.otherwise = stall;
    check_timeouts(test, client, call);
  }
}

TEST_CASE("Timeouts: a call that waits for the connection that it needs ends at its timeout too") {
  for (const auto& call : kDeviceCalls) {
    TestClient test({.operation_timeout = 5s});
    auto client = test.device_client();
    test.transport.otherwise = stall;
    check_timeouts(test, client, call);
  }
}

TEST_CASE("Timeouts: a twin that is subscribed to, but whose responses are lost") {
  TestClient test({.operation_timeout = 5s});
  auto client = test.device_client();
  client.get_twin();
  test.transport.on_packet = nullptr;
  CHECK(time_until_timeout(test, [&] { client.get_twin(700ms); }) == 700ms);
  CHECK(time_until_timeout(test, [&] {
          client.patch_twin_reported_properties({{"a", 1}}, 700ms);
        }) == 700ms);
}

TEST_CASE("Timeouts: connect and disconnect") {
  TestClient test({.operation_timeout = 5s});
  auto client = test.device_client();
  test.transport.otherwise = stall;
  CHECK(time_until_timeout(test, [&] { client.connect(700ms); }) == 700ms);
  CHECK(time_until_timeout(test, [&] { client.connect(); }) == 5s);
  test.transport.otherwise = accept;
  client.connect();
  test.transport.silent_disconnect = true;
  CHECK(time_until_timeout(test, [&] { client.disconnect(700ms); }) == 700ms);
  CHECK_THROWS_AS(client.connect(-1ms), std::invalid_argument);
  CHECK_THROWS_AS(client.disconnect(-1ms), std::invalid_argument);
}

TEST_CASE("Timeouts: an update of the token") {
  TestClient test(own_token(2'000'000), SasTokenOptions{.operation_timeout = 5s});
  auto client = test.device_client();
  client.connect();
  test.transport.otherwise = stall;
  const std::string fresh = own_token(2'000'001);
  CHECK(time_until_timeout(test, [&] { client.update_sastoken(fresh, 700ms); }) == 700ms);
  CHECK_THROWS_AS(client.update_sastoken(fresh, -1ms), std::invalid_argument);

  TestClient other(own_token(2'000'000), SasTokenOptions{.operation_timeout = 5s});
  auto patient = other.device_client();
  patient.connect();
  other.transport.otherwise = stall;
  CHECK(time_until_timeout(other, [&] { patient.update_sastoken(fresh); }) == 5s);
}

TEST_CASE("Timeouts: the UNSUBSCRIBE of a handler that is cleared") {
  const TimedCall<IoTHubDeviceClient> kClears[] = {
      {"messages", [](auto& c, Timeout t) { c.on_message_received({}, t); }},
      {"methods", [](auto& c, Timeout t) { c.on_method_request_received({}, t); }},
      {"patches", [](auto& c, Timeout t) { c.on_twin_desired_properties_patch_received({}, t); }}};
  for (const auto& clear : kClears) {
    CAPTURE(clear.name);
    TestClient test({.operation_timeout = 5s});
    auto client = test.device_client();
    client.on_message_received([](const Message&) {});
    client.on_method_request_received([](const MethodRequest&) {});
    client.on_twin_desired_properties_patch_received([](const Json&) {});
    test.transport.otherwise = stall;
    CHECK(time_until_timeout(test, [&] { clear.make(client, 700ms); }) == 700ms);
  }
}

TEST_CASE("Timeouts: a cleared handler that does not end") {
  HeldHandlersClient test({.operation_timeout = 5s});
  test.on_message([](const Message&) {});
  test.receive_c2d("held");
  const auto clear = test.call(
      [](auto& c, auto done) { c.start_on_message_received({}, 700ms, std::move(done)); });
  test.advance(700ms - 1ns);
  CHECK_FALSE(clear.done());
  test.advance(1ns);
  CHECK(clear.error().code() == Errc::timed_out);
  CHECK(clear.error().detail() == "the handler that was cleared is still running");
  const auto patient = test.on_message({});
  test.advance(5s - 1ns);
  CHECK_FALSE(patient.done());
  test.advance(1ns);
  CHECK(patient.error().code() == Errc::timed_out);
}

TEST_CASE("Timeouts: a receive call gives up without an error, and 0 is for ever") {
  TestClient test({.operation_timeout = 5s}, kTestModuleConnectionString);
  auto client = test.module_client();
  auto device = test.device_client();
  struct ReceiveCall {
    std::string name;
    std::function<bool(bool, Timeout)> receive;
    std::function<void()> deliver;
  };
  const ReceiveCall kCalls[] = {
      {"message", [&](bool block, Timeout t) { return !!device.receive_message(block, t); },
       [&] { test.receive_c2d("x"); }},
      {"input",
       [&](bool block, Timeout t) { return !!client.receive_message_on_input("in", block, t); },
       [&] { test.receive("devices/dev1/modules/mod1/inputs/in/", "x"); }},
      {"method",
       [&](bool block, Timeout t) { return !!client.receive_method_request({}, block, t); },
       [&] { test.invoke_method("m", "{}"); }},
      {"method by name",
       [&](bool block, Timeout t) { return !!client.receive_method_request("n", block, t); },
       [&] { test.invoke_method("n", "{}"); }},
      {"patch",
       [&](bool block, Timeout t) {
         return !!client.receive_twin_desired_properties_patch(block, t);
       },
       [&] {
         test.patch_desired({{"a", 1}});
       }}};
  for (const auto& [name, receive, deliver] : kCalls) {
    CAPTURE(name);
    const SteadyTime start = test.loop->now();
    CHECK_FALSE(receive(true, 700ms));
    CHECK(test.loop->now() - start == 700ms);
    CHECK_FALSE(receive(false, 700ms));
    CHECK(test.loop->now() - start == 700ms);
    CHECK_THROWS_AS(receive(true, -1ms), std::invalid_argument);
    for (const Timeout forever : {Timeout(0ms), Timeout()}) {
      test.after(10min, deliver);
      CHECK(receive(true, forever));
    }
  }
}

// As in Python, the request to the hub comes first, and has the client's timeout.
TEST_CASE("Timeouts: a receive call whose SUBSCRIBE is never acknowledged") {
  TestClient test({.operation_timeout = 5s});
  auto client = test.device_client();
  client.connect();
  test.transport.otherwise = stall;
  CHECK(time_until_timeout(test, [&] { client.receive_message(true, 700ms); }) == 5s);
  CHECK(time_until_timeout(test, [&] { client.receive_method_request({}, false); }) == 5s);
  CHECK(time_until_timeout(test,
                           [&] { client.receive_twin_desired_properties_patch(true, 0ms); }) == 5s);
}

TEST_CASE("Timeouts: one that would end beyond the end of time never comes") {
  TestClient test;
  test.advance(5min);
  test.connect();
  test.transport.script_acks({stall, stall});
  const auto send = test.send("x", std::chrono::seconds{9'223'372'036});
  const auto longest = test.send("x", std::chrono::milliseconds::max());
  test.advance(30min);
  CHECK_FALSE(send.done());
  CHECK_FALSE(longest.done());
}

}  // namespace
}  // namespace azure::iot::device::test
