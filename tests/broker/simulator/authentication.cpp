#include <doctest/doctest.h>

#include "hub/authenticator.hpp"
#include "hub/sas_token.hpp"
#include "shared_hub.hpp"

using namespace azure::iot::device::test;
namespace simulator = azure::iot::device::simulator;
using namespace std::chrono_literals;

namespace {

constexpr int kNotAuthorized = 5;

std::string last_refusal(const SimulatorProcess& hub) {
  const auto refusals = hub.events("refused");
  return refusals.empty() ? "" : refusals.back().json;
}

}  // namespace

TEST_CASE("Sas token: what the Python SDK signs is accepted") {
  const std::string key = "ZmFrZS10ZXN0LWtleS1BMTAwMDAwMDAwMDAwMDAwMDA=";
  const auto token = simulator::parse_sas_token(
      "SharedAccessSignature sr=hub1.azure-devices.test%2Fdevices%2Fdev1&"
      "sig=RP57In3Mipe3QdtZpvupKz2%2FetcpMD%2FFCtqtUSfkYUc%3D&se=1700003600");
  REQUIRE(token);
  CHECK(simulator::is_signed_with(*token, key));
  CHECK_FALSE(simulator::is_signed_with(*token, "QUFBQQ=="));
  const std::chrono::sys_seconds expiry{1700003600s};
  CHECK_FALSE(simulator::is_expired(*token, expiry - 1s));
  CHECK(simulator::is_expired(*token, expiry));
  CHECK(simulator::covers(*token, "HUB1.azure-devices.test", "devices/dev1"));
  CHECK(simulator::covers(*token, "hub1.azure-devices.test", "devices/dev1/modules/m"));
  CHECK_FALSE(simulator::covers(*token, "hub1.azure-devices.test", "devices/dev11"));
  CHECK_FALSE(simulator::covers(*token, "hub1.azure-devices.test", "devices"));
}

TEST_CASE("Hub: a device with a good token is let in") {
  RawDevice device(shared_hub(), "d1");
  CHECK(device.connect() == 0);
  CHECK(shared_hub().connected("d1"));
  device.disconnect();
  shared_hub().wait_for_events("disconnected", "d1");
  CHECK_FALSE(shared_hub().connected("d1"));
}

TEST_CASE("Hub: a module is let in under its own name") {
  RawDevice module(shared_hub(), "d1/m1");
  CHECK(module.connect() == 0);
  CHECK(shared_hub().connected("d1/m1"));
}

TEST_CASE("Hub: a token of a policy is let in with the policy's key alone") {
  const std::string key = std::string(43, 'A') + "=";
  const std::string resource = "localhost/devices/d2";
  RawDevice good(shared_hub(), "d2", {.password = make_sas_token(resource, key, 1h, "service")});
  CHECK(good.connect() == 0);
  RawDevice unknown(shared_hub(), "d2", {.password = make_sas_token(resource, key, 1h, "nobody")});
  CHECK(unknown.connect() == kNotAuthorized);
}

TEST_CASE("Hub: whoever has no right to be a device is refused with 'not authorized'") {
  const SimulatorProcess& hub = shared_hub();
  const std::string key = key_of(hub, "d3");
  const std::string resource = "localhost/devices/d3";
  struct Row {
    const char* reason;
    RawDevice::Options options;
  };
  const Row rows[] = {
      {"signature does not match", {.password = make_sas_token(resource, key_of(hub, "d4"), 1h)}},
      {"expired", {.password = make_sas_token(resource, key, -1s)}},
      {"another resource", {.password = make_sas_token("localhost/devices/d4", key, 1h)}},
      {"no shared access signature", {.password = key}},
      {"another hub", {.user_name = "elsewhere/d3/?api-version=2021-04-12"}},
      {"no api-version", {.user_name = "localhost/d3/?DeviceClientType=x"}},
      {"user name is not", {.user_name = "localhost/d4/?api-version=2021-04-12"}},
      {"no such device", {.user_name = "localhost/x/?api-version=2021-04-12", .client_id = "x"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.reason);
    RawDevice device(hub, "d3", row.options);
    CHECK(device.connect() == kNotAuthorized);
    CHECK(last_refusal(hub).find(row.reason) != std::string::npos);
    CHECK(last_refusal(hub).find("SharedAccess") == std::string::npos);
  }
  CHECK_FALSE(hub.connected("d3"));
}

TEST_CASE("Hub: a second connection of the same device ends the first") {
  RawDevice first(shared_hub(), "d5");
  REQUIRE(first.connect() == 0);
  RawDevice second(shared_hub(), "d5");
  CHECK(second.connect() == 0);
  CHECK(first.wait_for_loss());
  CHECK(shared_hub().connected("d5"));
  CHECK(second.online());
  CHECK(shared_hub().events("disconnected", "d5").size() == 1);
  second.disconnect();
  CHECK(shared_hub().wait_for_events("disconnected", "d5", 2).size() == 2);
}

TEST_CASE("Hub: the certificate may be made unusable for tests") {
  for (const char* kind : {"badname", "untrusted"}) {
    CAPTURE(kind);
    const SimulatorProcess hub({.devices = {"d"}, .server_cert = kind});
    RawDevice device(hub, "d");
    CHECK_FALSE(device.connect());
    CHECK_FALSE(hub.connected("d"));
  }
}
