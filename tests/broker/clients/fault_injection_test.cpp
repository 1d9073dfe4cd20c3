// Faults that the hub injects at the request of a message. IoT Hub understands such messages as the
// simulator does. If IOTHUB_FAULT_TEST_CONNECTION_STRING is set, these tests use that device of a
// real hub; otherwise they use the simulator.
#include <cstdlib>
#include <mutex>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

// A real hub is slower.
constexpr auto kPatience = 60s;

// Empty if the simulator is used.
std::string real_hub() {
  const char* text = std::getenv("IOTHUB_FAULT_TEST_CONNECTION_STRING");
  return text == nullptr ? "" : text;
}

IoTHubDeviceClient make_faulty_client() {
  ConnectionStringOptions options;
  options.connection_retry_interval = 1s;
  if (!real_hub().empty()) {
    return IoTHubDeviceClient::create_from_connection_string(real_hub(), options);
  }
  return make_client(shared_hub(), next_device(), options);
}

Message request_for_fault(const std::string& type, std::chrono::seconds delay,
                          std::chrono::seconds duration) {
  Message message{.data = "a request for a fault"};
  message.custom_properties["AzIoTHub_FaultOperationType"] = type;
  message.custom_properties["AzIoTHub_FaultOperationCloseReason"] = "boom";
  message.custom_properties["AzIoTHub_FaultOperationDelayInSecs"] = std::to_string(delay.count());
  message.custom_properties["AzIoTHub_FaultOperationDurationInSecs"] =
      std::to_string(duration.count());
  return message;
}

// Connection changes that a client reports, from construction on.
class Changes {
 public:
  explicit Changes(IoTHubDeviceClient& client) {
    client.on_connection_state_change([this](ConnectionStateChange change) {
      const std::scoped_lock lock(mutex_);
      (change.connected ? connects_ : losses_)++;
    });
  }
  int connects() const { return locked(connects_); }
  int losses() const { return locked(losses_); }

 private:
  int locked(const int& count) const {
    const std::scoped_lock lock(mutex_);
    return count;
  }
  mutable std::mutex mutex_;
  int connects_ = 0;
  int losses_ = 0;
};

bool within_patience(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(20ms);
  }
  return true;
}

// Whether one more message arrives, however often the link is lost meanwhile.
bool gets_through(IoTHubDeviceClient& client) {
  return within_patience([&] {
    try {
      client.send_message("once more", 10s);
      return true;
    } catch (const IotError&) {
      return false;
    }
  });
}

TEST_CASE("Device: a link that the hub kills comes back, and messages go on") {
  for (const char* type : {"KillTcp", "ShutDownMqtt"}) {
    CAPTURE(type);
    auto client = make_faulty_client();
    client.connect();
    Changes changes(client);
    client.send_message(request_for_fault(type, 1s, 1s));
    CHECK(within_patience([&] { return changes.losses() > 0; }));
    CHECK(within_patience([&] { return client.connected(); }));
    CHECK(gets_through(client));
    client.shutdown();
  }
}

TEST_CASE("Device: throttling and an exhausted quota end, and messages go on") {
  for (const char* type : {"InvokeThrottling", "InvokeMaxMessageQuota"}) {
    CAPTURE(type);
    auto client = make_faulty_client();
    client.connect();
    Changes changes(client);
    client.send_message(request_for_fault(type, 0s, 2s));
    CHECK(gets_through(client));
    // For MQTT, it is not documented whether a real hub ends the link or only answers late.
    if (real_hub().empty()) CHECK(changes.losses() > 0);
    client.shutdown();
  }
}

TEST_CASE(
    "Device: a hub that refuses the credentials for a while is told, and connected to after") {
  auto client = make_faulty_client();
  client.connect();
  Changes changes(client);
  client.send_message(request_for_fault("InvokeAuthError", 0s, 2s));
  CHECK(within_patience([&] { return changes.losses() > 0; }));
  // After a refusal the client does not redial by itself; the next call tries again.
  CHECK(gets_through(client));
  client.shutdown();
}

}  // namespace
}  // namespace azure::iot::device::test
