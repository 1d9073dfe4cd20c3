#include "clients/managed_device.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"
#include "support/dps_process.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

TEST_CASE("ManagedDevice: a device that its hub refuses registers again and moves to another hub") {
  const SimulatorProcess first({.devices = {"other"}});
  const std::string port = std::to_string(first.port());
  const SimulatorProcess second(
      {.devices = {"other"}, .arguments = {"--address", "127.0.0.2", "--mqtt-port", port}});
  const DpsProcess dps({&first, &second}, {"--enrollment", "r1"});
  std::atomic<int> messages = 0;
  auto device = ManagedDevice::create_from_symmetric_key(
      dps.host(), "r1", dps.id_scope(), dps.key("r1"),
      {.provisioning = {.server_verification_cert = dps.ca_file(), .port = dps.port()},
       .hub = {.server_verification_cert =
                   contents_of(first.ca_file()) + contents_of(second.ca_file()),
               .port = first.port()},
       .on_new_client = [&](IoTHubDeviceClient& client) {
         client.on_message_received([&](Message) { ++messages; });
       }});
  device.connect(30s);
  device.client()->send_message("from the first");
  CHECK(first.telemetry("r1").size() == 1);

  dps.enroll("r1", R"({"hub": "127.0.0.2"})");
  first.fault({.name = "refuse", .device = "r1"});
  first.drop("r1");
  second.wait_for_events("subscribed", "r1");
  second.send_c2d("r1", "hello");
  CHECK(eventually([&] { return messages == 1; }));
  device.client()->send_message("from the second");
  CHECK(second.telemetry("r1").at(0).payload == "from the second");
  CHECK(dps.count("registering", "r1") == 2);
  device.shutdown();
  CHECK(device.client() == nullptr);
}

TEST_CASE("ManagedDevice: a device with a certificate moves to another hub with it") {
  const SimulatorProcess first({.devices = {"other"}});
  const std::string port = std::to_string(first.x509_port());
  const SimulatorProcess second(
      {.devices = {"other"}, .arguments = {"--address", "127.0.0.2", "--x509-port", port}});
  const DpsProcess dps({&first, &second}, {"--x509-enrollment", "r1"});
  X509 x509;
  x509.certificate = dps.certificate_files("r1").certificate;
  x509.key = dps.certificate_files("r1").key;
  auto device = ManagedDevice::create_from_x509_certificate(
      dps.host(), "r1", dps.id_scope(), x509,
      {.provisioning = {.server_verification_cert = dps.ca_file(), .port = dps.x509_port()},
       .hub = {
           .server_verification_cert = contents_of(first.ca_file()) + contents_of(second.ca_file()),
           .port = first.x509_port()}});
  device.connect(30s);
  device.client()->send_message("from the first");
  CHECK(first.telemetry("r1").size() == 1);
  dps.enroll("r1", R"({"hub": "127.0.0.2"})");
  first.fault({.name = "refuse", .device = "r1"});
  first.drop("r1");
  second.wait_for_events("connected", "r1", 1, 30s);
  device.connect(30s);
  device.client()->send_message("from the second");
  CHECK(second.telemetry("r1").size() == 1);
}

TEST_CASE("ManagedDevice: threads may use it while it moves, and while it is shut down") {
  const SimulatorProcess first({.devices = {"other"}});
  const std::string port = std::to_string(first.port());
  const SimulatorProcess second(
      {.devices = {"other"}, .arguments = {"--address", "127.0.0.2", "--mqtt-port", port}});
  const DpsProcess dps({&first, &second}, {"--enrollment", "r1"});
  std::atomic<int> clients = 0;
  auto device = ManagedDevice::create_from_symmetric_key(
      dps.host(), "r1", dps.id_scope(), dps.key("r1"),
      {.provisioning = {.server_verification_cert = dps.ca_file(), .port = dps.port()},
       .hub = {.server_verification_cert =
                   contents_of(first.ca_file()) + contents_of(second.ca_file()),
               .port = first.port()},
       .on_new_client = [&](IoTHubDeviceClient&) { ++clients; },
       .on_background_exception = [](const IotError&) {}});
  std::atomic<bool> over = false;
  std::vector<std::thread> users;
  for (int i = 0; i < 4; ++i) {
    users.emplace_back([&] {
      while (!over) {
        try {
          if (const auto client = device.client()) {
            client->send_message("x", 5s);
          } else {
            device.connect(5s);
          }
        } catch (const IotError&) {
          std::this_thread::sleep_for(10ms);  // Between two hubs, or after the end.
        }
      }
    });
  }
  first.wait_for_events("telemetry", "r1", 1, 30s);
  dps.enroll("r1", R"({"hub": "127.0.0.2"})");
  first.fault({.name = "refuse", .device = "r1"});
  first.drop("r1");
  second.wait_for_events("telemetry", "r1", 1, 30s);
  CHECK(eventually([&] { return clients == 2; }));
  device.shutdown();
  CHECK(device.client() == nullptr);
  over = true;
  for (std::thread& user : users) user.join();
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
  hub.drop("r1");
  dps.process().wait_for_events("throttled", {}, 1, 30s);
  const Stopwatch watch;
  dps.process().wait_for_events("registering", {}, 2, 30s);
  CHECK(watch.passed() > 5s);  // Twice three, but for when we looked.
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
  hub.stop_broker();
  const Stopwatch watch;
  dps.process().wait_for_events("assigned", {}, 2, 60s);
  CHECK(watch.passed() > 8s);  // The first at once, nine more a second apart.
  hub.start_broker();
  device.connect(30s);
  device.client()->send_message("back");
  CHECK(hub.telemetry("r1").size() == 1);
}

}  // namespace
}  // namespace azure::iot::device::test
