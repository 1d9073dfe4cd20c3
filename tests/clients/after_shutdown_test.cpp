// One rule for every `on_...` of every client: after a shutdown, setting and clearing alike throw
// ClientError, as any other call does.
#include <functional>
#include <string>

#include <doctest/doctest.h>

#include "tests/clients/managed.hpp"

namespace azure::iot::device::test {
namespace {

template <class Client>
struct Setter {
  std::string name;
  std::function<void(Client&)> set;
  std::function<void(Client&)> clear;
};

// For every client of a hub.
template <class Client>
std::vector<Setter<Client>> setters() {
  return {{"on_message_received", [](Client& c) { c.on_message_received([](const Message&) {}); },
           [](Client& c) { c.on_message_received({}); }},
          {"on_method_request_received",
           [](Client& c) { c.on_method_request_received([](const MethodRequest&) {}); },
           [](Client& c) { c.on_method_request_received({}); }},
          {"on_twin_desired_properties_patch_received",
           [](Client& c) { c.on_twin_desired_properties_patch_received([](const Json&) {}); },
           [](Client& c) { c.on_twin_desired_properties_patch_received({}); }},
          {"on_connection_state_change",
           [](Client& c) { c.on_connection_state_change([](const ConnectionStateChange&) {}); },
           [](Client& c) { c.on_connection_state_change({}); }},
          {"on_new_sastoken_required", [](Client& c) { c.on_new_sastoken_required([] {}); },
           [](Client& c) { c.on_new_sastoken_required({}); }},
          {"on_background_exception",
           [](Client& c) { c.on_background_exception([](const IotError&) {}); },
           [](Client& c) { c.on_background_exception({}); }}};
}

template <class F>
bool refused_as_shut_down(F call) {
  try {
    call();
  } catch (const ClientError& e) {
    return std::string_view(e.what()).starts_with("Client has already been shut down.");
  }
  return false;
}

template <class Client>
void check_each(TestClient& test, Client client) {
  for (const auto& setter : setters<Client>()) {
    CAPTURE(setter.name);
    CHECK_NOTHROW(setter.set(client));
    CHECK_NOTHROW(setter.clear(client));
  }
  client.shutdown();
  const std::size_t packets = test.transport.packets().size();
  for (const auto& setter : setters<Client>()) {
    CAPTURE(setter.name);
    CHECK(refused_as_shut_down([&] { setter.set(client); }));
    CHECK(refused_as_shut_down([&] { setter.clear(client); }));
  }
  CHECK(test.transport.packets().size() == packets);
  CHECK_NOTHROW(client.shutdown());
  CHECK_FALSE(client.connected());
}

TEST_CASE("After shutdown: no client of a hub takes a handler, or clears one") {
  TestClient device;
  check_each(device, device.device_client());
  TestClient module({}, kTestModuleConnectionString);
  check_each(module, module.module_client());
}

TEST_CASE("After shutdown: nor does the client of a managed device") {
  Established device;
  const auto client = device.core->client();
  REQUIRE(device.shutdown().succeeded());
  for (const auto& setter : setters<IoTHubDeviceClient>()) {
    CAPTURE(setter.name);
    CHECK(refused_as_shut_down([&] { setter.set(*client); }));
    CHECK(refused_as_shut_down([&] { setter.clear(*client); }));
  }
}

TEST_CASE("After shutdown: a handler that sets another is refused, and that is reported as such") {
  TestClient test;
  auto client = test.device_client();
  client.connect();
  bool refused = false;
  client.on_connection_state_change([&](const ConnectionStateChange&) {
    refused = refused_as_shut_down([&] { client.on_background_exception({}); });
  });
  client.shutdown();
  CHECK(refused);
}

TEST_CASE("After shutdown: a client of the provisioning service takes no payload") {
  ProvisioningService service;
  ProvisioningDeviceClient client(service.core);
  CHECK_NOTHROW(client.set_provisioning_payload({{"a", 1}}));
  client.shutdown();
  CHECK(refused_as_shut_down([&] { client.set_provisioning_payload({{"a", 1}}); }));
  CHECK(refused_as_shut_down([&] { client.set_provisioning_payload({}); }));
}

}  // namespace
}  // namespace azure::iot::device::test
