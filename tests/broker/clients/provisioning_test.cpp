#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"
#include "clients/enrollment_group.hpp"
#include "clients/provisioned_device.hpp"
#include "clients/provisioning_device_client.hpp"
#include "support/device_authority.hpp"
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
  CHECK(result.status == "assigned");
  CHECK(result.operation_id.value_or("").starts_with("4.simulated."));
  CHECK(result.registration_state->device_id == "r1");
  CHECK(result.registration_state->assigned_hub == first.host());
  CHECK(result.registration_state->sub_status == "initialAssignment");
  CHECK(result.registration_state->created_date_time == "2026-01-01T00:00:00.0000000Z");
  CHECK(result.registration_state->last_update_date_time == "2026-01-01T00:00:00.0000000Z");
  CHECK(result.registration_state->etag == "IjEi");
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
  CHECK(moved.registration_state->sub_status == "deviceDataReset");
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
  CHECK(reason() == "");  // It was throttled twice and asked a third time.
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
  const auto second = [&] {
    try {
      client.register_device();
      return std::string();
    } catch (const ClientError& error) {
      return std::string(error.what());
    }
  };
  CHECK(second().find("a registration of this client is under way") != std::string::npos);
  const Stopwatch watch;
  client.shutdown();
  CHECK(watch.passed() < 5s);
  registering.join();
  CHECK_THROWS_AS(client.register_device(), ClientError);
}

ProvisioningDeviceClient make_provisioning(const DpsProcess& dps, const std::string& id,
                                           const X509& x509) {
  return ProvisioningDeviceClient::create_from_x509_certificate(
      dps.host(), id, dps.id_scope(), x509,
      {.server_verification_cert = dps.ca_file(), .port = dps.x509_port()});
}

IoTHubDeviceClient make_device(const SimulatorProcess& hub, const RegistrationResult& result,
                               const X509& x509) {
  return create_device_client(result, x509,
                              {.server_verification_cert = hub.ca_file(), .port = hub.x509_port()});
}

TEST_CASE("Provisioning: a certificate makes a device known to the service and then to its hub") {
  const DeviceAuthority authority;
  const SimulatorProcess hub({.devices = {"other"}});
  const DpsProcess dps({&hub},
                       {"--x509-enrollment", "r1", "--x509-group", "fleet=" + authority.file()});
  const auto check_registers = [&](const std::string& id, const X509& x509) {
    const RegistrationResult result = make_provisioning(dps, id, x509).register_device();
    REQUIRE(result.registration_state);
    CHECK(result.registration_state->device_id == id);
    make_device(hub, result, x509).send_message("hello");
    CHECK(hub.telemetry(id).at(0).payload == "hello");
    // The hub accepts that certificate alone.
    CHECK_THROWS_AS(make_device(hub, result, x509_of(authority.issue(id))).connect(),
                    CredentialError);
  };
  check_registers("r1", x509_of(dps.certificate_files("r1")));
  check_registers("g1", x509_of(authority.issue("g1")));
}

TEST_CASE("Provisioning: a certificate that is not enrolled, or has another name, is refused") {
  const DeviceAuthority authority;
  const SimulatorProcess hub({.devices = {"other"}});
  const DpsProcess dps({&hub},
                       {"--x509-enrollment", "r1", "--x509-group", "fleet=" + authority.file()});
  const auto refused = [&](const std::string& id, const X509& x509) {
    CHECK_THROWS_AS(make_provisioning(dps, id, x509).register_device(), CredentialError);
  };
  refused("r1", x509_of(authority.issue("r1")));  // It has an enrollment of its own.
  refused("g1", x509_of(authority.issue("g2")));
  CHECK(dps.count("refused") == 2);
  CHECK_THROWS_AS(
      make_provisioning(dps, "g1", x509_of(DeviceAuthority().issue("g1"))).register_device(),
      IotError);  // Refused in TLS.
  CHECK(dps.count("registering") == 0);
}

}  // namespace
}  // namespace azure::iot::device::test
