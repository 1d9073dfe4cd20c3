#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"
#include "clients/enrollment_group.hpp"
#include "clients/managed_device.hpp"
#include "clients/provisioned_device.hpp"
#include "clients/provisioning_device_client.hpp"
#include "support/dps_process.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

ProvisioningDeviceClient make_provisioning(const DpsProcess& dps, const std::string& id,
                                           const std::string& key) {
  return ProvisioningDeviceClient::create_from_symmetric_key(
      dps.host(), id, dps.id_scope(), key,
      {.server_verification_cert = dps.ca_file(), .port = dps.port()});
}

IoTHubDeviceClient make_device(const SimulatorProcess& hub, const RegistrationResult& result,
                               const std::string& key) {
  return create_device_client(result, key,
                              {.server_verification_cert = hub.ca_file(), .port = hub.port()});
}

TEST_CASE("Provisioning: a device is told its hub, connects to it, and may be given to another") {
  const SimulatorProcess first({.devices = {"other"}});
  const SimulatorProcess second({.devices = {"other"}, .arguments = {"--address", "127.0.0.2"}});
  const DpsProcess dps({&first, &second}, {"--group", "fleet"});
  const std::string key = derive_device_key(dps.key("fleet"), "r1");
  dps.enroll("fleet", R"({"assigning": 1, "payload": "{\"site\": 7}"})");

  auto provisioning = make_provisioning(dps, "r1", key);
  provisioning.set_provisioning_payload({{"model", "m1"}});
  const RegistrationResult result = provisioning.register_device();
  REQUIRE(result.registration_state);
  CHECK(result.registration_state->assigned_hub == first.host());
  CHECK(result.registration_state->response_payload == Json{{"site", 7}});
  dps.process().wait_for_events("disconnected", {});
  CHECK(dps.count("disconnected", "r1") == 1);
  CHECK_THROWS_AS(provisioning.register_device(), ClientError);
  auto device = make_device(first, result, key);
  device.send_message("hello");
  CHECK(first.telemetry("r1").at(0).payload == "hello");

  dps.enroll("fleet", R"({"hub": "127.0.0.2"})");
  const RegistrationResult moved = make_provisioning(dps, "r1", key).register_device();
  CHECK(moved.registration_state->assigned_hub == "127.0.0.2");
  make_device(second, moved, key).send_message("here");
  CHECK(second.telemetry("r1").at(0).payload == "here");
  CHECK_THROWS_AS(make_device(first, result, key).connect(), CredentialError);
}

TEST_CASE("Provisioning: a refusal of the service is an exception with its reason") {
  const SimulatorProcess hub({.devices = {"other"}});
  const DpsProcess dps({&hub}, {"--enrollment", "r1", "--enrollment", "r2"});
  CHECK_THROWS_AS(make_provisioning(dps, "r1", dps.key("r2")).register_device(), CredentialError);
  dps.enroll("r1", R"({"outcome": "failed"})");
  auto client = make_provisioning(dps, "r1", dps.key("r1"));
  const auto reason = [&] {
    try {
      client.register_device();
      return std::string();
    } catch (const ServiceError& error) {
      return std::string(error.what());
    }
  };
  CHECK(reason().find("400207") != std::string::npos);
  dps.enroll("r1", R"({"outcome": "disabled"})");
  CHECK(reason().find("disabled") != std::string::npos);
  dps.enroll("r1", R"({"outcome": "assigned", "throttled": 2})");
  CHECK(reason() == "");  // It was busy for two requests, and was asked a third time.
  CHECK(dps.count("throttled", "r1") == 2);
}

TEST_CASE("Provisioning: a link that is cut meanwhile does not end a registration") {
  const SimulatorProcess hub({.devices = {"other"}});
  const DpsProcess dps({&hub}, {"--enrollment", "r1"});
  auto client = make_provisioning(dps, "r1", dps.key("r1"));
  std::thread cut([&] {
    dps.process().wait_for_events("registering", {});
    dps.process().drop("r1");
  });
  const RegistrationResult result = client.register_device();
  cut.join();
  CHECK(result.registration_state->assigned_hub == hub.host());
  CHECK(dps.count("connected", "r1") == 2);
}

TEST_CASE("Provisioning: shutdown ends a registration at once, and a silent service ends in time") {
  const SimulatorProcess hub({.devices = {"other"}});
  const DpsProcess dps({&hub}, {"--enrollment", "r1"});
  dps.enroll("r1", R"({"assigning": 1000})");
  auto client = make_provisioning(dps, "r1", dps.key("r1"));
  CHECK_THROWS_AS(client.register_device(3s), OperationTimeout);
  std::thread registering([&] { CHECK_THROWS_AS(client.register_device(), OperationCancelled); });
  dps.process().wait_for_events("registering", {}, 2);
  const Stopwatch watch;
  client.shutdown();
  CHECK(watch.passed() < 5s);
  registering.join();
  CHECK_THROWS_AS(client.register_device(), ClientError);
}

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

TEST_CASE("ManagedDevice: a hub that is not there for long has the device register again") {
  SimulatorProcess hub({.devices = {"other"}});
  const DpsProcess dps({&hub}, {"--enrollment", "r1"});
  auto device = ManagedDevice::create_from_symmetric_key(
      dps.host(), "r1", dps.id_scope(), dps.key("r1"),
      {.provisioning = {.server_verification_cert = dps.ca_file(), .port = dps.port()},
       .hub = {.server_verification_cert = hub.ca_file(),
               .connection_retry_interval = 1s,
               .port = hub.port()},
       .failed_connects = 3,
       .registration_pauses = std::make_shared<ExponentialBackoff>(
           ExponentialBackoff::Limits{.first = 100ms, .longest = 200ms})});
  device.connect(30s);
  hub.stop_broker();
  dps.process().wait_for_events("assigned", {}, 2);
  hub.start_broker();
  device.connect(30s);
  device.client()->send_message("back");
  CHECK(hub.telemetry("r1").size() == 1);
}

}  // namespace
}  // namespace azure::iot::device::test
