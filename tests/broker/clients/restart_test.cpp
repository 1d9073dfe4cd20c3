#include <map>
#include <set>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

constexpr int kThreads = 20;
constexpr int kSendsEach = 100;

// Sends until the hub has it: while the hub is away, sends fail at once.
void send_for_sure(IoTHubDeviceClient& client, const std::string& text) {
  for (;;) {
    try {
      return client.send_message(text, 30s);
    } catch (const ConnectionFailedError&) {
    } catch (const ConnectionDroppedError&) {
    }
    std::this_thread::sleep_for(20ms);
  }
}

TEST_CASE("Device: 2,000 sends from 20 threads survive the hub's restart, in order per thread") {
  SimulatorProcess hub({.devices = {"d"}});
  auto client = make_client(hub, "d", {.connection_retry_interval = 1s});
  client.connect();

  std::atomic<int> sent = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kSendsEach; ++i) {
        send_for_sure(client, std::to_string(t) + ':' + std::to_string(i));
        ++sent;
      }
    });
  }
  CHECK(eventually([&] { return sent > kThreads * kSendsEach / 4; }));
  hub.restart_broker();
  for (std::thread& thread : threads) thread.join();
  CHECK(sent == kThreads * kSendsEach);
  CHECK(hub.events("connected", "d").size() >= 2);  // It was in the middle.

  std::map<std::string, int> next;  // By thread.
  std::set<std::string> seen;
  for (const TelemetryRecord& record : hub.telemetry("d")) {
    if (!seen.insert(record.payload).second) continue;  // Delivered once more.
    const auto colon = record.payload.find(':');
    CHECK(std::stoi(record.payload.substr(colon + 1)) == next[record.payload.substr(0, colon)]++);
  }
  CHECK(seen.size() == kThreads * kSendsEach);
}

}  // namespace
}  // namespace azure::iot::device::test
