#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"
#include "broker/endurance/silent_ports.hpp"
#include "broker/tunnel/road.hpp"
#include "broker/tunnel/stuck_hub.hpp"
#include "tests/support/process_probe.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

// Returns the count once it is stable. Otherwise descriptors that are about to close would be part
// of a baseline.
std::size_t settled(const std::function<std::size_t()>& count) {
  constexpr int kAlike = 5;
  std::size_t last = count();
  int alike = 0;
  CHECK(eventually([&] {
    std::this_thread::sleep_for(20ms);
    const std::size_t now = count();
    alike = now == last ? alike + 1 : 0;
    last = now;
    return alike == kAlike;
  }));
  return last;
}

std::size_t count_descriptors() { return open_descriptors().size(); }
std::size_t count_threads() { return threads().size(); }

// Checks that there are as many descriptors and threads at the end as at the beginning.
class Leftovers {
 public:
  void check() const {
    CHECK(eventually([&] { return count_descriptors() <= descriptors_; }));
    CHECK(eventually([&] { return count_threads() <= threads_; }));
  }

 private:
  const std::size_t descriptors_ = settled(count_descriptors);
  const std::size_t threads_ = settled(count_threads);
};

}  // namespace

TEST_CASE("Roads: none takes a thread of its own, or more descriptors than it needs") {
  // Threads that look up names or run handlers stay for a while. A thread gets its name soon after
  // it starts.
  const auto lasting_threads = [] {
    auto names = threads();
    std::erase(names, "azure-iot-dns");
    std::erase(names, "azure-iot-hdlr");
    return names.size();
  };
  const SimulatorProcess& hub = road_hub();
  const std::size_t without_client = settled(lasting_threads);
  std::size_t descriptors = 0;  // On the direct route.
  for (const Road& road : {Road{},
                           {.passage = {}, .websockets = true},
                           {.passage = Passage::http_basic, .websockets = true},
                           {.passage = Passage::socks5_user}}) {
    CAPTURE(to_string(road));
    std::optional<ProxyProcess> proxy;
    if (road.passage) proxy.emplace(*road.passage);
    IoTHubDeviceClient client(make_core(hub, next_device(road), road,
                                        proxy ? std::optional(proxy->options()) : std::nullopt));
    client.send_message("x", 60s);
    CHECK(eventually([&] { return lasting_threads() == without_client + 1; }));
    if (descriptors == 0) descriptors = settled(count_descriptors);
    // Both ends of the local socket, for plain MQTT.
    const std::size_t more = road.websockets ? 2 : 0;
    CHECK(eventually([&] { return count_descriptors() == descriptors + more; }));
  }
}

TEST_CASE("Roads: clients that came through leave no descriptor and no thread behind") {
  constexpr int kCycles = 5;
  std::vector<std::pair<Road, std::string>> roads;
  std::vector<std::unique_ptr<ProxyProcess>> proxies;
  for (const auto& passage : all_passages()) {
    for (const bool websockets : {false, true}) {
      proxies.push_back(passage ? std::make_unique<ProxyProcess>(*passage) : nullptr);
      const Road road{passage, websockets, !websockets};
      roads.emplace_back(road, next_device(road));
    }
  }
  const auto cycle = [&] {
    for (std::size_t i = 0; i < roads.size(); ++i) {
      const Road& road = roads[i].first;
      const std::string& device = roads[i].second;
      CAPTURE(to_string(road));
      IoTHubDeviceClient client(
          make_core(road_hub(), device, road,
                    proxies[i] ? std::optional(proxies[i]->options()) : std::nullopt));
      client.send_message("x", 60s);
      client.shutdown();
    }
  };
  cycle();  // Libraries initialize.
  const Leftovers leftovers;
  for (int i = 0; i < kCycles; ++i) cycle();
  leftovers.check();
}

TEST_CASE("Roads: clients that did not come through leave no descriptor and no thread behind") {
  constexpr int kCycles = 5;
  const ClosedPort closed;
  std::vector<std::unique_ptr<ProxyProcess>> proxies;
  for (const Passage passage : kPassages) {
    proxies.push_back(std::make_unique<ProxyProcess>(passage));
  }
  const StuckHub stuck(Stop::before_web_socket, true);
  const auto fails = [](IoTHubDeviceClient client, std::chrono::milliseconds timeout) {
    CHECK_THROWS_AS(client.connect(timeout), IotError);
  };
  const auto cycle = [&] {
    for (const auto& proxy : proxies) {
      for (const bool websockets : {false, true}) {
        fails(make_client(closed.number(), websockets, proxy->options()), 60s);
        fails(make_client(stuck.port(), websockets, proxy->options()), 50ms);
        ProxyOptions nowhere = proxy->options();
        nowhere.port = closed.number();
        fails(make_client(stuck.port(), websockets, nowhere), 60s);
      }
    }
    fails(make_client(stuck.port(), true, {}), 50ms);
  };
  cycle();
  // The stuck hub has a thread and a descriptor for each client that has not disconnected yet.
  const Leftovers leftovers;
  for (int i = 0; i < kCycles; ++i) cycle();
  leftovers.check();
}

}  // namespace azure::iot::device::test
