#include <list>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"
#include "broker/endurance/silent_ports.hpp"
#include "tests/support/process_probe.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kWatched = 3s;

// Waits until pending work is done: no thread of the library runs for a while.
bool comes_to_rest() {
  return eventually([] {
    const long before = waits_of_library();
    std::this_thread::sleep_for(200ms);
    return waits_of_library() == before;
  });
}

// The number of times that the library woke up while it was watched, and the CPU time, including
// the test's own.
struct Use {
  long wakes;
  std::chrono::milliseconds cpu;
};
Use watch_for(std::chrono::milliseconds time) {
  const long before = waits_of_library();
  const Stopwatch watch;
  std::this_thread::sleep_for(time);
  return {waits_of_library() - before, watch.cpu()};
}

TEST_CASE("Idle: a connected client wakes up for nothing between two keep-alives") {
  const SimulatorProcess hub({.devices = {"d"}});
  auto client = make_client(hub, "d");  // Its token has an alarm.
  client.on_message_received([](const Message&) {});
  client.send_message("x");
  REQUIRE(comes_to_rest());
  const Use use = watch_for(kWatched);
  CHECK(use.wakes == 0);
  CHECK(use.cpu < kWatched / 100);
  CHECK(client.connected());
}

TEST_CASE("Idle: a client wakes up for its keep-alive, and no more often") {
  const SimulatorProcess hub({.devices = {"d"}});
  auto client = make_client(hub, "d", {.keep_alive = 5s});
  client.connect();
  REQUIRE(comes_to_rest());
  const Use use = watch_for(11s);
  CHECK(use.wakes >= 2);  // One for each ping, or two if its answer does not come at once.
  CHECK(use.wakes <= 12);
  CHECK(use.cpu < 110ms);
  CHECK(client.connected());
}

TEST_CASE("Idle: a hundred clients on one loop wake up for nothing") {
  constexpr int kClients = 100;
  SimulatorOptions options{.devices = {}};
  for (int i = 0; i < kClients; ++i) options.devices.push_back("d" + std::to_string(i));
  const SimulatorProcess hub(options);
  const std::string ca = contents_of(hub.ca_file());
  const auto loop = EventLoop::create();
  std::list<IoTHubDeviceClient> clients;
  for (const std::string& device : options.devices) {
    clients.push_back(
        make_client(hub, device, {.server_verification_cert = ca, .event_loop = loop}));
    clients.back().connect();
  }
  REQUIRE(comes_to_rest());
  const Use use = watch_for(kWatched);
  CHECK(use.wakes == 0);
  CHECK(use.cpu < kWatched / 100);
  for (const IoTHubDeviceClient& client : clients) CHECK(client.connected());
}

TEST_CASE("Idle: a client that was never connected has nothing to wake up for") {
  auto client = IoTHubDeviceClient::create_from_symmetric_key("ZmFrZSBrZXk=", "127.0.0.1", "d");
  REQUIRE(comes_to_rest());
  CHECK(watch_for(kWatched).wakes == 0);
}

TEST_CASE("Idle: waiting for a redial, and for a server that says nothing, wakes up for nothing") {
  const SimulatorProcess hub({.devices = {"d"}});
  auto client = make_client(hub, "d", {.connection_retry_interval = 60s});
  std::atomic<int> failed = 0;
  client.on_background_exception([&](const IotError&) { ++failed; });
  client.connect();
  hub.stop_broker();
  REQUIRE(eventually([&] { return failed > 0; }));

  const SilentPort silent;
  auto dialling = IoTHubDeviceClient::create_from_symmetric_key("ZmFrZSBrZXk=", "127.0.0.1", "d",
                                                                {.port = silent.number()});
  std::thread caller([&] { CHECK_THROWS_AS(dialling.connect(), OperationCancelled); });
  CHECK(comes_to_rest());
  const Use use = watch_for(kWatched);
  CHECK(use.wakes == 0);
  CHECK(use.cpu < kWatched / 100);
  dialling.shutdown();
  caller.join();
}

}  // namespace
}  // namespace azure::iot::device::test
