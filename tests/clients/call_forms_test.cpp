// The forms in which an application can write a call.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "testkit/test_client.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

std::vector<std::string> payloads(const TestClient& test) {
  std::vector<std::string> all;
  for (const Packet& packet : test.transport.packets()) {
    if (packet.kind == Packet::Kind::publish) all.push_back(packet.payload);
  }
  return all;
}

}  // namespace

TEST_CASE("Client: send_message takes a text, the fields of a message, and JSON") {
  TestClient test;
  IoTHubDeviceClient client = test.device_client();
  const std::string_view text = "text";
  const Json json{{"a", 1}};
  client.send_message("literal");
  client.send_message(text, 10s);
  client.send_message(std::string("string"));
  client.send_message({.data = "field"});
  client.send_message({"position", "id"});
  client.send_message(json);
  client.send_message({{"b", 2}});
  CHECK(payloads(test) == std::vector<std::string>{"literal", "text", "string", "field", "position",
                                                   R"({"a": 1})", R"({"b": 2})"});
  CHECK(test.transport.published()[4].ends_with("%24.mid=id"));
  CHECK(test.transport.published()[5].ends_with("%24.ct=application%2Fjson&%24.ce=utf-8"));
  CHECK(test.transport.published()[6] == test.transport.published()[5]);
}

TEST_CASE("Client: send_message_to_output takes the same") {
  TestClient test({}, kTestModuleConnectionString);
  IoTHubModuleClient client = test.module_client();
  const Json json{{"a", 1}};
  client.send_message_to_output("literal", "out");
  client.send_message_to_output({.data = "field"}, "out", 10s);
  client.send_message_to_output(json, "out");
  client.send_message_to_output({{"b", 2}}, "out");
  CHECK(payloads(test) ==
        std::vector<std::string>{"literal", "field", R"({"a": 1})", R"({"b": 2})"});
  for (const std::string& topic : test.transport.published()) {
    CHECK(topic.find("%24.on=out") != std::string::npos);
  }
}

TEST_CASE("Client: a handler of the connection state may do without the parameter") {
  TestClient test;
  IoTHubDeviceClient client = test.device_client();
  std::vector<bool> states;
  client.on_connection_state_change([&] { states.push_back(client.connected()); });
  client.connect();
  CHECK(states == std::vector{true});
  client.on_connection_state_change(std::function<void()>());  // Clears it.
  client.disconnect();
  CHECK(states == std::vector{true});
}

}  // namespace azure::iot::device::test
