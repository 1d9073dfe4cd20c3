#include <atomic>
#include <mutex>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

// The last loss that a client's connection-state handler received.
struct Loss {
  explicit Loss(IoTHubDeviceClient& client) {
    client.on_connection_state_change([this](const ConnectionStateChange& change) {
      if (!change.reason) return;
      const std::lock_guard lock(mutex);
      layer = to_string(change.reason->layer);
      likely_cause = change.reason->likely_cause;
      ++times;
    });
  }
  bool mentions(const std::string& word) {
    const std::lock_guard lock(mutex);
    return layer == "network" && likely_cause.find(word) != std::string::npos;
  }

  std::atomic<int> times = 0;
  std::mutex mutex;
  std::string layer;
  std::string likely_cause;
};

}  // namespace

TEST_CASE("Device: a link that the hub severs is told of with what may be behind it, and heals") {
  for (const auto& [fault, word] :
       {std::pair{"takeover", "another client"}, std::pair{"expire", "token expired"}}) {
    const std::string name = fault;
    CAPTURE(name);
    const std::string device = next_device();
    auto client = make_client(shared_hub(), device);
    Loss loss(client);
    client.connect();
    shared_hub().fault({.name = fault, .device = device});
    CHECK(eventually([&] { return loss.times == 1; }));
    CHECK(loss.mentions(word));
    CHECK(eventually([&] { return client.connected(); }));
    client.send_message("afterwards", 20s);
    CHECK(shared_hub().wait_for_telemetry(device, 1).at(0).payload == "afterwards");
    client.shutdown();
  }
}

TEST_CASE("Device: two clients with one identity do not fight for the link as fast as they can") {
  const std::string device = next_device();
  auto first = make_client(shared_hub(), device, {.connection_retry_interval = 60s});
  auto second = make_client(shared_hub(), device, {.connection_retry_interval = 60s});
  first.connect();
  second.connect();
  const auto connects = [&] { return shared_hub().events("connected", device).size(); };
  std::size_t before = 0;
  const auto at_rest = [&] {
    before = connects();
    std::this_thread::sleep_for(1s);
    return connects() == before;
  };
  CHECK(eventually(at_rest, 30s));
  CHECK(before > 10);
  CHECK(before < 30);
  CHECK((first.connected() || second.connected()));
}

TEST_CASE("Device: of two clients with one identity the later one keeps the link") {
  const std::string device = next_device();
  auto first = make_client(shared_hub(), device, {.connection_retry = false});
  Loss loss(first);
  first.connect();
  auto second = make_client(shared_hub(), device);
  second.connect();
  CHECK(eventually([&] { return loss.times == 1; }));
  CHECK(loss.mentions("another client"));
  CHECK_FALSE(first.connected());
  second.send_message("mine now", 20s);
  CHECK(shared_hub().wait_for_telemetry(device, 1).at(0).payload == "mine now");
}

}  // namespace azure::iot::device::test
