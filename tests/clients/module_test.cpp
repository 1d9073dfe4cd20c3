#include <doctest/doctest.h>

#include "support/log_listener.hpp"
#include "testkit/test_client.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

struct ModuleClient : TestClient {
  ModuleClient() : TestClient({}, kTestModuleConnectionString) {}
  void receive_input(std::string_view input, std::string_view payload) {
    receive("devices/dev1/modules/mod1/inputs/" + std::string(input) + "/", payload);
  }
};

TEST_CASE("Module: connects as the module, and sends to its outputs by name") {
  ModuleClient test;
  auto client = test.module_client();
  client.send_message_to_output("too warm", "a b");
  CHECK(test.transport.config().client_id == "dev1/mod1");
  CHECK(test.transport.published() ==
        std::vector<std::string>{"devices/dev1/modules/mod1/messages/events/%24.on=a%20b"});
  CHECK(test.transport.packets().back().payload == "too warm");
}

TEST_CASE("Module: an output's name counts against the size of a message") {
  ModuleClient test;
  auto client = test.module_client();
  const std::size_t name = std::string_view("%24.on=out").size();
  CHECK_NOTHROW(
      client.send_message_to_output(std::string(kTelemetryMessageSizeLimit - name, 'x'), "out"));
  CHECK_THROWS_AS(
      client.send_message_to_output(std::string(kTelemetryMessageSizeLimit - name + 1, 'x'), "out"),
      std::invalid_argument);
}

TEST_CASE("Module: one handler takes what comes to all inputs, in order, and knows to which") {
  ModuleClient test;
  auto client = test.module_client();
  std::vector<std::string> seen;
  client.on_message_received(
      [&](Message message) { seen.push_back(*message.input_name + ": " + message.data); });
  CHECK(test.transport.subscribed() ==
        std::vector<std::string>{"devices/dev1/modules/mod1/inputs/#"});
  test.receive_input("in1", "1");
  test.receive_input("in%20two", "2");
  CHECK(seen == std::vector<std::string>{"in1: 1", "in two: 2"});
}

TEST_CASE("Module: has a twin and methods of its own") {
  ModuleClient test;
  auto client = test.module_client();
  CHECK(client.get_twin()["desired"]["$version"].as_int() == 1);
  client.on_method_request_received([&](MethodRequest request) {
    client.send_method_response(MethodResponse::create_from_method_request(request, 201));
  });
  test.invoke_method("blink", "{}");
  CHECK(test.transport.published().back() == "$iothub/methods/res/201/?$rid=1");
}

TEST_CASE("Client: a client of the other kind is warned of when it is made") {
  const std::string device = "HostName=h;DeviceId=d;SharedAccessKey=YQ==";
  LogListener log(LogLevel::warning);
  IoTHubDeviceClient::create_from_connection_string(device);
  IoTHubModuleClient::create_from_connection_string(device + ";ModuleId=m");
  CHECK(log.records.empty());
  IoTHubDeviceClient::create_from_connection_string(device + ";ModuleId=m");
  IoTHubModuleClient::create_from_connection_string(device);
  CHECK(log.records ==
        std::vector<std::string>{
            "warning|Client|d|a device client was made for the module \"m\": use "
            "IoTHubModuleClient",
            "warning|Client|d|a module client was made for a device: use IoTHubDeviceClient"});
}

TEST_CASE("Client: a string of the other kind is taken, as it is in Python") {
  TestClient device({}, kTestModuleConnectionString);
  auto client = device.device_client();
  client.send_message("x");
  CHECK(device.transport.published().back() == "devices/dev1/modules/mod1/messages/events/");

  TestClient module;
  auto module_client = module.module_client();
  module_client.send_message_to_output("x", "out");
  CHECK(module.transport.published().back() == "devices/dev1/messages/events/%24.on=out");
}

}  // namespace
}  // namespace azure::iot::device::test
