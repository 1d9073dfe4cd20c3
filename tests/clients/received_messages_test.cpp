// As in Python, a device receives the messages from the cloud, and a module those to its inputs.
// Other publishes of the hub to the session do not change that.
#define AZURE_IOT_DEVICE_PULL_CALLS
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/log_listener.hpp"
#include "testkit/test_client.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

// A module identity, whose session can receive either kind.
struct Both : TestClient {
  Both() : TestClient({}, kTestModuleConnectionString) {}
  void receive_each(const std::string& payload) {
    receive("devices/dev1/messages/devicebound/%24.mid=1", "cloud " + payload);
    receive("devices/dev1/modules/mod1/inputs/in/%24.mid=1", "input " + payload);
  }
};

TEST_CASE("Received messages: a handler gets those of its client's kind") {
  Both hub_of_device, hub_of_module;
  auto device = hub_of_device.device_client();
  auto module = hub_of_module.module_client();
  device.connect();
  module.connect();
  hub_of_device.receive_each("before");  // Kept for the handler.
  hub_of_module.receive_each("before");
  Texts seen;
  const auto note = [&](const Message& message) { seen.push_back(message.data); };
  device.on_message_received(note);
  hub_of_device.receive_each("after");
  CHECK(seen == Texts{"cloud before", "cloud after"});
  seen.clear();
  module.on_message_received(note);
  hub_of_module.receive_each("after");
  CHECK(seen == Texts{"input before", "input after"});
}

TEST_CASE("Received messages: a receive call gets those of its client's kind") {
  Both hub_of_device, hub_of_module;
  auto device = hub_of_device.device_client();
  auto module = hub_of_module.module_client();
  CHECK_FALSE(device.receive_message(false));
  CHECK_FALSE(module.receive_message_on_input("in", false));
  for (const char* payload : {"1", "2"}) {
    hub_of_device.receive_each(payload);
    hub_of_module.receive_each(payload);
  }
  CHECK(device.receive_message(false).value().data == "cloud 1");
  CHECK(device.receive_message(false).value().data == "cloud 2");
  CHECK_FALSE(device.receive_message(false));
  CHECK(module.receive_message_on_input("in", false).value().data == "input 1");
  CHECK(module.receive_message_on_input("in", false).value().data == "input 2");
  CHECK_FALSE(module.receive_message_on_input("in", false));
}

TEST_CASE("Received messages: a call that waits is not ended by one of the other kind") {
  Both hub;
  auto module = hub.module_client();
  hub.after(3s, [&] { hub.receive("devices/dev1/messages/devicebound/", "cloud"); });
  CHECK_FALSE(module.receive_message_on_input("in", true, 5s));
}

TEST_CASE("Received messages: those of the other kind fill no inbox, and are logged") {
  for (const bool is_module : {true, false}) {
    CAPTURE(is_module);
    Both hub;
    std::optional<IoTHubDeviceClient> device;
    std::optional<IoTHubModuleClient> module;
    if (is_module) {
      module.emplace(hub.module_client());
    } else {
      device.emplace(hub.device_client());
    }
    hub.connect();
    Texts told;
    hub.core->on_background_exception([&](const IotError& e) { told.emplace_back(e.what()); });
    LogListener log(LogLevel::warning);
    for (int i = 0; i < 1100; ++i) {
      hub.receive(is_module ? "devices/dev1/messages/devicebound/"
                            : "devices/dev1/modules/mod1/inputs/in/");
    }
    CHECK_FALSE(hub.transport.paused());
    CHECK(told.empty());
    REQUIRE(log.records.size() == 1100);
    CHECK(log.records[0] == std::string("warning|Client|dev1/mod1|a message ") +
                                (is_module
                                     ? "from the cloud is dropped: this is the client of a module"
                                     : "to an input is dropped: this is the client of a device"));
  }
}

}  // namespace
}  // namespace azure::iot::device::test
