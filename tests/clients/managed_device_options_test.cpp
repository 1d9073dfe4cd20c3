// The options of a managed device: each reaches the client that it is for.
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "pipeline/json/json.hpp"
#include "tests/clients/managed.hpp"

namespace azure::iot::device::test {
namespace {

std::string sent_payload(const Managed& device) {
  for (const Packet& packet : device.dps.transport.packets()) {
    if (packet.topic.starts_with("$dps/registrations/PUT/")) {
      return Json::parse_or_throw(packet.payload)["payload"].dump();
    }
  }
  return "not sent";
}

TEST_CASE("ManagedDevice options: each client has its own") {
  Managed device(
      {.provisioning = {.keep_alive = 31s, .cipher = "ECDHE-RSA-AES256-GCM-SHA384", .port = 1001},
       .hub = {.keep_alive = 32s,
               .product_info = "more",
               .cipher = "ECDHE-RSA-AES128-GCM-SHA256",
               .port = 1002}});
  device.dps.answers = {assigned_to("hub1.test", "dev1")};
  CHECK(device.connect().succeeded());
  const auto& provisioning = device.dps.transport.config();
  const auto& hub = device.hub.config();
  CHECK(provisioning.keep_alive == 31s);
  CHECK(provisioning.cipher == "ECDHE-RSA-AES256-GCM-SHA384");
  CHECK(provisioning.port == 1001);
  CHECK(provisioning.hostname == "dps.test");
  CHECK(provisioning.client_id == "reg1");
  CHECK(hub.keep_alive == 32s);
  CHECK(hub.cipher == "ECDHE-RSA-AES128-GCM-SHA256");
  CHECK(hub.port == 1002);
  CHECK(hub.hostname == "hub1.test");
  CHECK(hub.client_id == "dev1");
  CHECK(hub.username.ends_with("more"));
}

TEST_CASE("ManagedDevice options: the payload goes with the registration, or none") {
  Managed without;
  without.connect();
  CHECK(sent_payload(without) == "null");
  Managed with({.provisioning_payload = {{"a", 1}}});
  with.connect();
  CHECK(sent_payload(with) == R"({"a": 1})");
}

TEST_CASE("ManagedDevice options: one key signs for both services") {
  Managed device;
  device.dps.answers = {assigned_to("hub1.test", "dev1")};
  CHECK(device.connect().succeeded());
  CHECK(device.dps.transport.passwords().at(0)->starts_with(
      "SharedAccessSignature sr=scope1%2Fregistrations%2Freg1&sig="));
  CHECK(device.hub.passwords().at(0)->starts_with(
      "SharedAccessSignature sr=hub1.test%2Fdevices%2Fdev1&sig="));
}

TEST_CASE("ManagedDevice options: a stage of the application's own stands in each client's chain") {
  std::vector<std::string> made;
  const auto noting = [&](std::string name) {
    class Passing final : public Stage {
     public:
      std::string_view name() const override { return "Passing"; }
    };
    return before("AutoConnectStage", [&made, name] {
      made.push_back(name);
      return std::make_unique<Passing>();
    });
  };
  Managed device(
      {.provisioning = {.stages = {noting("provisioning")}}, .hub = {.stages = {noting("hub")}}});
  CHECK(made.empty());
  device.dps.answers = {assigned_to("hub1.test")};
  CHECK(device.connect().succeeded());
  CHECK(made == std::vector<std::string>{"provisioning", "hub"});
}

}  // namespace
}  // namespace azure::iot::device::test
