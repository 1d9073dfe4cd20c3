#define AZURE_IOT_DEVICE_PULL_CALLS
#include <doctest/doctest.h>

#include "testkit/test_client.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

Call<std::optional<Message>> start_receive(TestClient& test, bool block = true,
                                           detail::Timeout timeout = {}) {
  return test.call<std::optional<Message>>(
      [&](auto& c, auto done) { c.start_receive_message(block, timeout, std::move(done)); });
}

TEST_CASE("Receive calls: the first has the hub send, and gives up at its timeout, not before") {
  TestClient test;
  const auto receive = start_receive(test, true, 300ms);
  CHECK(test.transport.subscribed() ==
        std::vector<std::string>{"devices/dev1/messages/devicebound/#"});
  test.advance(300ms - 1ms);
  CHECK_FALSE(receive.done());
  test.advance(1ms);
  REQUIRE(receive.succeeded());
  CHECK_FALSE(receive.value());
}

TEST_CASE("Receive calls: what has come is given in order, and what comes ends a wait") {
  TestClient test;
  auto client = test.device_client();
  CHECK_FALSE(client.receive_message(false));
  test.receive_c2d("one");
  test.receive_c2d("two");
  CHECK(client.receive_message()->data == "one");
  CHECK(client.receive_message(false)->data == "two");
  CHECK_FALSE(client.receive_message(false));
  test.after(1h, [&] { test.receive_c2d("late"); });
  CHECK(client.receive_message()->data == "late");  // No timeout: waits for an item.
}

TEST_CASE("Receive calls: of several that wait the first gets the first message") {
  TestClient test;
  const auto first = start_receive(test);
  const auto second = start_receive(test);
  test.receive_c2d("one");
  REQUIRE(first.succeeded());
  CHECK(first.value()->data == "one");
  CHECK_FALSE(second.done());
  test.receive_c2d("two");
  CHECK(second.value()->data == "two");
}

TEST_CASE("Receive calls: a shutdown ends those that wait") {
  TestClient test;
  const auto receive = start_receive(test);
  test.shutdown();
  CHECK(receive.error().code() == Errc::operation_cancelled);
  CHECK(start_receive(test).error().code() == Errc::pipeline_not_running);
}

TEST_CASE("Receive calls: a method is found by its name once that was asked for") {
  TestClient test;
  auto client = test.device_client();
  CHECK_FALSE(client.receive_method_request({}, false));
  test.invoke_method("early", "0");
  CHECK_FALSE(client.receive_method_request("early", false));  // Not requested by name yet.
  CHECK_FALSE(client.receive_method_request("only", false));
  test.invoke_method("other", "1");
  test.invoke_method("only", "2");
  CHECK(client.receive_method_request("only", false)->payload == 2);
  CHECK_FALSE(client.receive_method_request("only", false));
  CHECK(client.receive_method_request({}, false)->name == "early");
  CHECK(client.receive_method_request("", false)->name == "other");  // An empty name means any.
}

TEST_CASE("Receive calls: a disconnect drops requests, by name or not, but no message") {
  TestClient test;
  auto client = test.device_client();
  client.receive_method_request({}, false);
  client.receive_method_request("m", false);
  client.receive_message(false);
  test.invoke_method("m", "1");
  test.invoke_method("n", "2");
  test.receive_c2d("kept");
  client.disconnect();
  CHECK_FALSE(client.receive_method_request("m", false));
  CHECK_FALSE(client.receive_method_request({}, false));
  CHECK(client.receive_message(false)->data == "kept");
}

TEST_CASE("Receive calls: changes of desired properties come one by one") {
  TestClient test;
  auto client = test.device_client();
  CHECK_FALSE(client.receive_twin_desired_properties_patch(true, 300ms));
  test.patch_desired({{"a", 1}});
  CHECK(client.receive_twin_desired_properties_patch()->at("a") == 1);
  CHECK_FALSE(client.receive_twin_desired_properties_patch(false));
}

TEST_CASE("Receive calls: a message to an input that nobody asks for is dropped, and it is told") {
  TestClient test({}, kTestModuleConnectionString);
  auto client = test.module_client();
  std::vector<std::string> told;
  client.on_background_exception([&](const IotError& e) { told.push_back(e.what()); });
  const std::string inputs = "devices/dev1/modules/mod1/inputs/";
  client.connect();
  test.receive(inputs + "in1/", "early");  // The session of an earlier run delivers.
  CHECK(client.receive_message_on_input("in1", false)->data == "early");
  test.receive(inputs + "in1/", "x");
  test.receive(inputs + "other/", "y");
  CHECK(client.receive_message_on_input("in1")->data == "x");
  CHECK_FALSE(client.receive_message_on_input("other", false));
  REQUIRE(told.size() == 1);
  CHECK(told[0].find("\"other\"") != std::string::npos);
}

TEST_CASE("Receive calls: handlers and receive calls exclude each other, whichever comes first") {
  TestClient test;
  auto client = test.device_client();
  client.on_connection_state_change([](ConnectionStateChange) {});  // Receives nothing.
  client.receive_method_request({}, false);
  CHECK_THROWS_WITH_AS(
      client.on_twin_desired_properties_patch_received([](Json) {}),
      doctest::Contains("Cannot set receive handlers - receive APIs have already been used"),
      ClientError);

  TestClient other;
  auto with_handler = other.device_client();
  with_handler.on_message_received([](Message) {});
  CHECK_THROWS_WITH_AS(
      with_handler.receive_method_request("x"),
      doctest::Contains("Cannot use receive APIs - receive handler(s) have already been set"),
      ClientError);
  CHECK(other.transport.subscribed().size() == 1);
}

}  // namespace
}  // namespace azure::iot::device::test
