#include <map>
#include <mutex>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

// Sends until the hub has the message: while the hub is down, sends fail at once.
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

// Checks that the hub has every message of the threads, in order for each thread. A thread numbers
// its messages from 0: "thread:number".
void check_arrived(const SimulatorProcess& hub, std::size_t sent) {
  std::map<std::string, int> next;  // By thread.
  std::set<std::string> seen;
  for (const TelemetryRecord& record : hub.telemetry("d")) {
    if (!seen.insert(record.payload).second) continue;  // A duplicate.
    const auto colon = record.payload.find(':');
    CHECK(std::stoi(record.payload.substr(colon + 1)) == next[record.payload.substr(0, colon)]++);
  }
  CHECK(seen.size() == sent);
}

TEST_CASE("Device: 2,000 sends from 20 threads survive the hub's restart, in order per thread") {
  constexpr int kThreads = 20;
  constexpr int kSendsEach = 100;
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
  CHECK(hub.events("connected", "d").size() >= 2);  // The connection was lost in the middle.
  check_arrived(hub, kThreads * kSendsEach);
}

TEST_CASE("Device: sends go on while the token is renewed, and no caller notices but by the time") {
  constexpr int kThreads = 4;
  SimulatorProcess hub({.devices = {"d"}});
  auto client = make_client(hub, "d", {.sastoken_ttl = 2s});  // Renewed at half its lifetime.
  client.connect();

  std::atomic<bool> stopping = false;
  std::atomic<std::size_t> sent = 0;
  std::mutex mutex;
  std::vector<std::string> failures;
  std::chrono::milliseconds longest{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; !stopping; ++i) {
        const Stopwatch watch;
        std::string failure;
        try {
          client.send_message(std::to_string(t) + ':' + std::to_string(i), 30s);
          ++sent;
        } catch (const IotError& e) {
          failure = e.what();
        }
        const std::lock_guard lock(mutex);
        longest = std::max(longest, watch.passed());
        if (!failure.empty()) failures.push_back(failure);
      }
    });
  }
  CHECK(eventually([&] { return hub.events("connected", "d").size() > 4; }, 60s));
  stopping = true;
  for (std::thread& thread : threads) thread.join();
  for (const std::string& failure : failures) FAIL_CHECK(failure);
  check_arrived(hub, sent);
  MESSAGE(sent.load(), " sends, of which the longest took ", longest.count(), " ms");
}

}  // namespace
}  // namespace azure::iot::device::test
