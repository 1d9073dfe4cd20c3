#include <algorithm>
#include <memory>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"
#include "broker/load/load.hpp"
#include "clients/detail/hub_client_core.hpp"
#include "pipeline/loop/handler_pool.hpp"
#include "transport/mqtt/mosquitto_transport.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

constexpr int kFlood = 10'000;
// For a round trip that takes a few milliseconds on an idle machine.
constexpr auto kLatency = 2s;

// The progress of another client on the same loop while a flood lasts.
struct Neighbour {
  explicit Neighbour(const std::shared_ptr<EventLoop>& loop)
      : client(make_client(shared_hub(), next_device(), {.event_loop = loop})) {
    client.connect();
  }

  // Makes round trips until the flood ends, at least one.
  void work_while(const std::function<bool()>& flooding) {
    do {
      const auto begin = std::chrono::steady_clock::now();
      client.send_message("x");
      longest = std::max(longest, std::chrono::steady_clock::now() - begin);
      if (flooding()) ++round_trips;
    } while (flooding());
  }

  void check(const std::string& what) const {
    MESSAGE(what, ": ", round_trips, " round trips meanwhile, the longest of ",
            std::chrono::duration_cast<std::chrono::milliseconds>(longest).count(), " ms");
    CHECK(round_trips >= 3);
    if (!kSanitized) CHECK(longest < kLatency);
  }

  IoTHubDeviceClient client;
  int round_trips = 0;  // Completed before the flood ended.
  std::chrono::steady_clock::duration longest{};
};

TEST_CASE("Fairness: messages that flood one client do not keep another one of the loop waiting") {
  const auto loop = EventLoop::create();
  Neighbour neighbour(loop);
  const std::string module = next_module();
  for (int i = 1; i <= kFlood; ++i) shared_hub().send_input(module, "in", std::to_string(i));

  Sequence messages;
  auto flooded = make_module_client(shared_hub(), module, {.event_loop = loop});
  flooded.on_message_received([&](Message message) {
    messages.take(std::stoi(message.data));
    std::this_thread::sleep_for(100us);  // Spreads the flood over many round trips.
  });
  neighbour.work_while([&] { return messages.count() < kFlood; });
  CHECK(messages.in_order());
  neighbour.check("10000 messages come");
}

TEST_CASE("Fairness: a client that sends 10000 messages at once keeps no other one waiting") {
  const auto loop = EventLoop::create();
  Neighbour neighbour(loop);
  const SimulatorProcess& hub = shared_hub();
  const auto flooding = detail::HubClientCore::create(
      detail::config_from_connection_string(
          hub.connection_string(next_device()),
          {.server_verification_cert = hub.ca_file(), .port = hub.port(), .event_loop = loop}),
      make_mosquitto_transport_factory({}), HandlerPool::shared());
  std::atomic<int> ended = 0, failed = 0;
  const IoTHubDeviceClient client(flooding);  // Its destruction ends the flood.
  for (int i = 0; i < kFlood; ++i) {
    flooding->start_send_message({.data = std::string(256, 'x')}, {},
                                 detail::Completion<void>([&](const Error& error) {
                                   if (error) ++failed;
                                   ++ended;
                                 }));
  }
  neighbour.work_while([&] { return ended < kFlood; });
  CHECK(failed == 0);
  neighbour.check("10000 messages go");
}

}  // namespace
}  // namespace azure::iot::device::test
