#include "clients/managed_device.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"
#include "support/device_authority.hpp"
#include "support/dps_process.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

// Two hubs. A service assigns the device r1, by its key or by its certificate, to the first, and
// after `move_to_second` to the second. A device uses one port for both.
struct TwoHubs {
  explicit TwoHubs(const std::string& enrollment = "--enrollment")
      : dps({&first, &second}, {enrollment, "r1"}) {}

  std::string ca() const { return contents_of(first.ca_file()) + contents_of(second.ca_file()); }
  ProvisioningSymmetricKeyOptions service() const {
    return {.server_verification_cert = dps.ca_file(), .port = dps.port()};
  }
  SymmetricKeyOptions hub() const {
    return {.server_verification_cert = ca(), .port = first.port()};
  }
  void move_to_second() const {
    dps.enroll("r1", R"({"hub": "127.0.0.2"})");
    first.fault({.name = "refuse", .device = "r1"});
    first.drop("r1");
  }

  const SimulatorProcess first{{.devices = {"other"}}};
  const SimulatorProcess second{
      {.devices = {"other"},
       .arguments = {"--address", "127.0.0.2", "--mqtt-port", std::to_string(first.port()),
                     "--x509-port", std::to_string(first.x509_port())}}};
  const DpsProcess dps;
};

TEST_CASE("ManagedDevice: a device that its hub refuses registers again and moves to another hub") {
  const TwoHubs hubs;
  std::atomic<int> messages = 0;
  auto device = ManagedDevice::create_from_symmetric_key(
      hubs.dps.host(), "r1", hubs.dps.id_scope(), hubs.dps.key("r1"),
      {.provisioning = hubs.service(),
       .hub = hubs.hub(),
       .on_new_client = [&](IoTHubDeviceClient& client) {
         client.on_message_received([&](Message) { ++messages; });
       }});
  device.connect(30s);
  device.client()->send_message("from the first");
  CHECK(hubs.first.telemetry("r1").size() == 1);

  hubs.move_to_second();
  hubs.second.wait_for_events("subscribed", "r1");
  hubs.second.send_c2d("r1", "hello");
  CHECK(eventually([&] { return messages == 1; }));
  device.client()->send_message("from the second");
  CHECK(hubs.second.telemetry("r1").at(0).payload == "from the second");
  CHECK(hubs.dps.count("registering", "r1") == 2);
  device.shutdown();
  CHECK(device.client() == nullptr);
}

TEST_CASE("ManagedDevice: a hub that is not there is told as the hub, not as the service") {
  const TwoHubs hubs;
  auto device = ManagedDevice::create_from_symmetric_key(
      hubs.dps.host(), "r1", hubs.dps.id_scope(), hubs.dps.key("r1"),
      {.provisioning = hubs.service(), .hub = {.server_verification_cert = hubs.ca(), .port = 1}});
  std::string text;
  try {
    device.connect(30s);
  } catch (const ConnectionFailedError& error) {
    text = error.what();
  }
  CAPTURE(text);
  CHECK(text.find("IoTHub") != std::string::npos);
  CHECK(text.find("provisioning") == std::string::npos);
}

TEST_CASE("ManagedDevice: a device with a certificate moves to another hub with it") {
  const TwoHubs hubs("--x509-enrollment");
  auto device = ManagedDevice::create_from_x509_certificate(
      hubs.dps.host(), "r1", hubs.dps.id_scope(), x509_of(hubs.dps.certificate_files("r1")),
      {.provisioning = {.server_verification_cert = hubs.dps.ca_file(),
                        .port = hubs.dps.x509_port()},
       .hub = {.server_verification_cert = hubs.ca(), .port = hubs.first.x509_port()}});
  device.connect(30s);
  device.client()->send_message("from the first");
  CHECK(hubs.first.telemetry("r1").size() == 1);
  hubs.move_to_second();
  hubs.second.wait_for_events("connected", "r1", 1, 30s);
  device.connect(30s);
  device.client()->send_message("from the second");
  CHECK(hubs.second.telemetry("r1").size() == 1);
}

TEST_CASE("ManagedDevice: threads may use it while it moves, and while it is shut down") {
  const TwoHubs hubs;
  std::atomic<int> clients = 0;
  std::mutex mutex;
  std::string told;
  auto device = ManagedDevice::create_from_symmetric_key(
      hubs.dps.host(), "r1", hubs.dps.id_scope(), hubs.dps.key("r1"),
      {.provisioning = hubs.service(),
       .hub = hubs.hub(),
       .on_new_client = [&](IoTHubDeviceClient&) { ++clients; },
       .on_background_exception =
           [&](const IotError& error) {
             const std::lock_guard lock(mutex);
             told.append(error.what()).append("\n");
           }});
  const auto told_so_far = [&] {
    const std::lock_guard lock(mutex);
    return told;
  };
  INFO(told_so_far());
  std::vector<std::jthread> users;
  for (int i = 0; i < 4; ++i) {
    users.emplace_back([&](const std::stop_token& over) {
      while (!over.stop_requested()) {
        try {
          if (const auto client = device.client()) {
            client->send_message("x", 5s);
          } else {
            device.connect(5s);
          }
        } catch (const IotError&) {
          std::this_thread::sleep_for(10ms);  // Between two hubs, or after the shutdown.
        }
      }
    });
  }
  hubs.first.wait_for_events("telemetry", "r1", 1, 30s);
  hubs.move_to_second();
  hubs.second.wait_for_events("telemetry", "r1", 1, 30s);
  CHECK(eventually([&] { return clients == 2; }));
  device.shutdown();
  CHECK(device.client() == nullptr);
  users.clear();
  CHECK_THROWS_AS(device.connect(), ClientError);
}

TEST_CASE("ManagedDevice: it registers again at the pace that a busy service wants") {
  const SimulatorProcess hub({.devices = {"other"}});
  const DpsProcess dps({&hub}, {"--enrollment", "r1"});
  auto device = ManagedDevice::create_from_symmetric_key(
      dps.host(), "r1", dps.id_scope(), dps.key("r1"),
      {.provisioning = {.server_verification_cert = dps.ca_file(), .port = dps.port()},
       .hub = {.server_verification_cert = hub.ca_file(), .port = hub.port()}});
  device.connect(30s);
  dps.enroll("r1", R"({"throttled": 2, "retry_after": 3})");
  hub.fault({.name = "refuse", .device = "r1"});
  const Stopwatch watch;
  hub.drop("r1");
  dps.process().wait_for_events("registering", {}, 2, 60s);
  CHECK(watch.passed() >= 6s);  // Twice three.
  CHECK(dps.count("throttled") == 2);
  device.connect(30s);
}

TEST_CASE("ManagedDevice: a hub that is gone for ten connects has the device register again") {
  SimulatorProcess hub({.devices = {"other"}});
  const DpsProcess dps({&hub}, {"--enrollment", "r1"});
  auto device = ManagedDevice::create_from_symmetric_key(
      dps.host(), "r1", dps.id_scope(), dps.key("r1"),
      {.provisioning = {.server_verification_cert = dps.ca_file(), .port = dps.port()},
       .hub = {.server_verification_cert = hub.ca_file(),
               .connection_retry_interval = 1s,
               .port = hub.port()},
       .registration_pauses = std::make_shared<ExponentialBackoff>(
           ExponentialBackoff::Limits{.first = 100ms, .longest = 200ms})});
  device.connect(30s);
  const Stopwatch watch;
  hub.stop_broker();
  dps.process().wait_for_events("assigned", {}, 2, 60s);
  CHECK(watch.passed() >= 9s);  // The first at once, nine more a second apart.
  hub.start_broker();
  device.connect(30s);
  device.client()->send_message("back");
  CHECK(hub.telemetry("r1").size() == 1);
}

}  // namespace
}  // namespace azure::iot::device::test
