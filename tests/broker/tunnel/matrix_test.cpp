#include <atomic>
#include <future>
#include <mutex>
#include <vector>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"
#include "broker/tunnel/road.hpp"
#include "tests/support/process_probe.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

constexpr std::chrono::seconds kPatience{kSanitized ? 300 : 120};

// Checks that items arrive as 0, 1, 2, ...; after a cut some of them may arrive again.
class Arrivals {
 public:
  void take(const std::string& payload) {
    const std::lock_guard lock(mutex_);
    const int number = std::stoi(payload);
    if (number > next_) gaps_ = true;
    next_ = std::max(next_, number + 1);
  }
  int count() const {
    const std::lock_guard lock(mutex_);
    return next_;
  }
  bool whole() const {
    const std::lock_guard lock(mutex_);
    return !gaps_;
  }

 private:
  mutable std::mutex mutex_;
  int next_ = 0;
  bool gaps_ = false;
};

void check_telemetry(const SimulatorProcess& hub, const std::string& device, int messages) {
  Arrivals telemetry;
  std::string order;
  for (const TelemetryRecord& record : hub.telemetry(device)) {
    telemetry.take(record.payload);
    order += record.payload + ' ';
  }
  CAPTURE(order);
  CHECK(telemetry.count() == messages);
  CHECK(telemetry.whole());
}

// Waits until the loop has done its pending work.
void wait_for_loop(EventLoop& loop) {
  std::promise<void> done;
  loop.post([&] { done.set_value(); });
  done.get_future().wait();
}

// Sends this many messages each way, with a cut in the middle.
void travel(const Road& road, int messages) {
  CAPTURE(to_string(road));
  const auto begin = std::chrono::steady_clock::now();
  const SimulatorProcess& hub = road_hub();
  const std::string device = next_device(road);
  std::optional<ProxyProcess> proxy;
  if (road.passage) proxy.emplace(*road.passage);
  const auto core =
      make_core(hub, device, road, proxy ? std::optional(proxy->options()) : std::nullopt);
  Arrivals commands;
  std::atomic<int> acknowledged = 0;
  std::atomic<int> failed = 0;
  IoTHubDeviceClient client(core);
  client.connect(60s);
  client.on_message_received([&](const Message& message) { commands.take(message.data); });

  const auto send = [&](int number) {
    core->start_send_message(Message{.data = std::to_string(number)}, kPatience,
                             detail::Completion<void>([&](const Error& error) {
                               if (error) ++failed;
                               ++acknowledged;
                             }));
  };
  for (int i = 0; i < messages; ++i) hub.send_c2d(device, std::to_string(i));
  const int until_cut = messages / 2;
  for (int i = 0; i < until_cut; ++i) send(i);
  wait_for_loop(core->loop());
  hub.drop(device);
  // As in Python, a send without a link starts a connect, and later messages may then overtake it:
  // see AutoConnectStage. So wait for the link.
  CHECK(eventually(
      [&] { return hub.events("connected", device).size() == 2 && client.connected(); }, 60s));
  for (int i = until_cut; i < messages; ++i) send(i);
  CHECK(eventually([&] { return acknowledged == messages; }, kPatience));
  CHECK(eventually([&] { return commands.count() == messages; }, kPatience));
  CHECK(failed == 0);
  CHECK(commands.whole());
  check_telemetry(hub, device, messages);

  // The proxy carried all of it.
  if (proxy) {
    proxy->kill();
    CHECK(eventually([&] { return !client.connected(); }, 20s));
  }
  client.shutdown();
  MESSAGE(to_string(road), ": ", messages, " messages each way in ",
          std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                begin)
              .count(),
          " ms");
}

// Each kind of proxy once, and each way through it.
const Road kSlice[] = {
    {.passage = {}, .websockets = true, .x509 = true},
    {.passage = {}, .websockets = true, .x509 = false},
    {.passage = Passage::http, .websockets = false, .x509 = false},
    {.passage = Passage::http_basic, .websockets = true, .x509 = false},
    {.passage = Passage::socks4, .websockets = false, .x509 = true},
    {.passage = Passage::socks5, .websockets = true, .x509 = true},
    {.passage = Passage::socks5_user, .websockets = false, .x509 = false},
};

std::vector<Road> all_roads() {
  std::vector<std::optional<Passage>> passages{std::nullopt};
  for (const Passage passage : kPassages) passages.emplace_back(passage);
  std::vector<Road> roads;
  for (const auto& passage : passages) {
    for (const bool websockets : {false, true}) {
      for (const bool x509 : {false, true}) roads.push_back({passage, websockets, x509});
    }
  }
  return roads;
}

TEST_CASE("Roads: 100 messages each way, and a cut, through each kind of proxy") {
  for (const Road& road : kSlice) travel(road, 100);
}

TEST_CASE("Roads: 1000 messages each way, and a cut, on each of 24" * doctest::skip()) {
  const auto roads = all_roads();
  REQUIRE(roads.size() == 24);
  for (const Road& road : roads) travel(road, 1000);
}

}  // namespace
}  // namespace azure::iot::device::test
