#include <mutex>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

TEST_CASE("Device: telemetry reaches the hub with its properties") {
  const std::string device = next_device();
  auto client = make_client(shared_hub(), device);
  client.connect();
  CHECK(client.connected());

  Message message{.data = "21.5", .message_id = "m1", .content_type = "text/plain"};
  message.custom_properties["room"] = "attic & cellar";
  client.send_message(message);
  client.send_message("plain");

  const auto records = shared_hub().telemetry(device);
  REQUIRE(records.size() == 2);
  CHECK(records[0].payload == "21.5");
  CHECK(records[0].properties.at("room") == "attic & cellar");
  CHECK(records[0].system_properties.at("$.mid") == "m1");
  CHECK(records[1].payload == "plain");
  client.shutdown();
  CHECK_FALSE(client.connected());
}

TEST_CASE("Device: a client made from a symmetric key is accepted") {
  const std::string device = next_device();
  const std::string& text = shared_hub().connection_string(device);
  const std::string key = text.substr(text.find("SharedAccessKey=") + 16);
  auto client = IoTHubDeviceClient::create_from_symmetric_key(
      key, shared_hub().host(), device,
      {.server_verification_cert = contents_of(shared_hub().ca_file()),
       .port = shared_hub().port()});
  client.connect();
  CHECK(client.connected());
}

TEST_CASE("Device: the twin is read and changed") {
  const std::string device = next_device();
  auto client = make_client(shared_hub(), device);
  CHECK(client.get_twin()["reported"]["$version"].as_int() == 1);
  client.patch_twin_reported_properties({{"temperature", 21.5}});
  const Json twin = client.get_twin();
  CHECK(twin["reported"]["temperature"].as_double() == 21.5);
  CHECK(twin["reported"]["$version"].as_int() == 2);
}

TEST_CASE("Device: messages, patches and methods come down to their handlers") {
  const std::string device = next_device();
  auto client = make_client(shared_hub(), device);
  std::mutex mutex;
  std::vector<std::string> messages, patches;
  client.on_message_received([&](Message m) {
    const std::scoped_lock lock(mutex);
    messages.push_back(m.data);
  });
  client.on_twin_desired_properties_patch_received([&](Json patch) {
    const std::scoped_lock lock(mutex);
    patches.push_back(patch["interval"].dump());
  });
  client.on_method_request_received([&](MethodRequest request) {
    client.send_method_response(
        MethodResponse::create_from_method_request(request, 200, {{"name", request.name}}));
  });

  for (int i = 0; i < 10; ++i) shared_hub().send_c2d(device, std::to_string(i));
  shared_hub().set_desired(device, R"({"interval": 5})");
  const MethodResult result = shared_hub().invoke(device, "blink", R"({"times": 3})");
  CHECK(result.status == 200);
  CHECK(Json::parse_or_throw(result.payload) == Json{{"name", "blink"}});
  CHECK(eventually([&] {
    const std::scoped_lock lock(mutex);
    return messages.size() == 10 && patches.size() == 1;
  }));
  client.shutdown();
  CHECK(messages == std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
  CHECK(patches == std::vector<std::string>{"5"});
}

TEST_CASE("Device: a link that is cut heals, and says why it was cut") {
  const std::string device = next_device();
  auto client = make_client(shared_hub(), device);
  std::mutex mutex;
  std::vector<ConnectionStateChange> changes;
  client.on_connection_state_change([&](ConnectionStateChange change) {
    const std::scoped_lock lock(mutex);
    changes.push_back(std::move(change));
  });
  client.connect();
  shared_hub().drop(device);
  CHECK(eventually([&] {
    const std::scoped_lock lock(mutex);
    return changes.size() == 3;
  }));
  REQUIRE(changes.size() == 3);
  REQUIRE(changes[1].reason);
  CHECK(changes[1].reason->layer == DisconnectReason::Layer::network);
  CHECK(changes[2].connected);
  client.send_message("after");
  CHECK(shared_hub().telemetry(device).back().payload == "after");
  client.shutdown();  // The handler is called once more.
}

TEST_CASE("Device: two clients share one loop, each with its own connection") {
  const std::string first = next_device(), second = next_device();
  const auto loop = EventLoop::create();
  auto a = make_client(shared_hub(), first, {.event_loop = loop});
  auto b = make_client(shared_hub(), second, {.event_loop = loop});
  a.send_message("a");
  b.send_message("b");
  CHECK(shared_hub().telemetry(first).back().payload == "a");
  CHECK(shared_hub().telemetry(second).back().payload == "b");
}

}  // namespace
}  // namespace azure::iot::device::test
