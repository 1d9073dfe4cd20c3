#include <future>
#include <memory>
#include <optional>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

TEST_CASE("Device: a handler may call the client in its blocking form") {
  const std::string device = next_device();
  auto client = make_client(shared_hub(), device);
  std::promise<std::string> answered;
  client.on_message_received([&](Message m) {
    client.send_message("echo " + m.data);
    answered.set_value(client.get_twin().dump());
  });
  shared_hub().send_c2d(device, "hello");
  auto twin = answered.get_future();
  REQUIRE(twin.wait_for(10s) == std::future_status::ready);
  CHECK(shared_hub().telemetry(device).at(0).payload == "echo hello");
}

TEST_CASE("Device: a handler that blocks holds up neither other kinds nor calls") {
  const std::string device = next_device();
  auto client = make_client(shared_hub(), device);
  std::promise<void> release;
  auto released = release.get_future().share();
  client.on_message_received([released](Message) { released.wait(); });
  client.on_method_request_received([&](MethodRequest request) {
    client.send_method_response(MethodResponse::create_from_method_request(request, 204));
  });
  shared_hub().send_c2d(device, "hold");
  CHECK(shared_hub().invoke(device, "still-there").status == 204);
  client.send_message("and I too");
  release.set_value();
}

TEST_CASE("Device: a client may be shut down, and destroyed, from inside one of its handlers") {
  const std::string device = next_device();
  auto client =
      std::make_shared<std::optional<IoTHubDeviceClient>>(make_client(shared_hub(), device));
  std::promise<std::chrono::milliseconds> ended;
  (*client)->on_message_received([client, &ended](Message) {
    const Stopwatch watch;
    (*client)->shutdown();
    client->reset();
    ended.set_value(watch.passed());
  });
  shared_hub().send_c2d(device, "end");
  auto took = ended.get_future();
  REQUIRE(took.wait_for(10s) == std::future_status::ready);
  CHECK(took.get() < 1s);
  CHECK(eventually([&] { return !shared_hub().connected(device); }));
}

TEST_CASE(
    "Device: threads in the middle of calls are told when another one shuts the client down") {
  auto client = make_client(shared_hub(), next_device());
  std::atomic<int> sending = 0, told = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      try {
        for (++sending;;) client.send_message("x");
      } catch (const OperationCancelled&) {
        ++told;
      } catch (const ClientError&) {
        ++told;
      }
    });
  }
  CHECK(eventually([&] { return sending == 8 && client.connected(); }));
  const Stopwatch watch;
  client.shutdown();
  for (std::thread& thread : threads) thread.join();
  CHECK(watch.passed() < 1s);
  CHECK(told == 8);
}

TEST_CASE("Device: shutdown waits for a handler that ends, and not for one that does not") {
  const std::string device = next_device();
  std::promise<void> release, started;
  auto released = release.get_future().share();
  std::atomic<bool> ended = false;
  {
    auto client = make_client(shared_hub(), device);
    client.on_message_received([&, released](Message) {
      started.set_value();
      std::this_thread::sleep_for(200ms);
      ended = true;
    });
    shared_hub().send_c2d(device, "wait");
    started.get_future().wait();
    client.shutdown();
    CHECK(ended);
  }
  auto client = make_client(shared_hub(), next_device());
  client.connect();
  std::promise<void> blocked;
  client.on_connection_state_change([&blocked, released](ConnectionStateChange) {
    blocked.set_value();
    released.wait();
  });
  client.disconnect();
  blocked.get_future().wait();
  const Stopwatch watch;
  client.shutdown();
  CHECK(watch.passed() < 1s);
  release.set_value();
}

TEST_CASE("Device: a call that waits for a cleared handler ends with a shutdown") {
  const std::string device = next_device();
  auto client = make_client(shared_hub(), device);
  std::promise<void> started, release;
  auto released = release.get_future().share();
  client.on_message_received([&started, released](Message) {
    started.set_value();
    released.wait();
  });
  shared_hub().send_c2d(device, "block");
  started.get_future().wait();
  auto clearing = std::async(std::launch::async, [&] {
    CHECK_THROWS_AS(client.on_message_received({}, 0ms), OperationCancelled);
  });
  CHECK(clearing.wait_for(300ms) == std::future_status::timeout);
  client.shutdown();
  CHECK(clearing.wait_for(1s) == std::future_status::ready);
  release.set_value();
}

TEST_CASE("Device: clearing a handler waits for the call of it that is under way") {
  const std::string device = next_device();
  auto client = make_client(shared_hub(), device);
  std::promise<void> started;
  std::atomic<bool> ended = false;
  client.on_message_received([&](Message) {
    started.set_value();
    std::this_thread::sleep_for(200ms);
    ended = true;
  });
  shared_hub().send_c2d(device, "wait");
  started.get_future().wait();
  client.on_message_received({});
  CHECK(ended);
}

}  // namespace
}  // namespace azure::iot::device::test
