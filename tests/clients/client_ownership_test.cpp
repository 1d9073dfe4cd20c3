// Clients as objects: moved, assigned, destroyed, and inherited by a forked child.
#include <stdexcept>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/clients/managed.hpp"
#include "tests/clients/provisioning_service.hpp"

namespace azure::iot::device::test {
namespace {

// The exit status of a child that runs `f`.
template <class F>
int in_child(F f) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(f());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_CASE("Ownership: a client that was moved from says so, and the other goes on") {
  TestClient test;
  IoTHubDeviceClient client = test.device_client();
  client.connect();
  IoTHubDeviceClient other = std::move(client);
  CHECK(other.connected());
  CHECK_FALSE(client.connected());
  CHECK_THROWS_WITH_AS(client.connect(), "this client was moved from", std::logic_error);
  CHECK_THROWS_AS(client.shutdown(), std::logic_error);
  CHECK_THROWS_AS(client.on_background_exception({}), std::logic_error);
  other.send_message("x");
}

TEST_CASE("Ownership: assigning to a client ends the one that it was") {
  TestClient one, two;
  IoTHubDeviceClient client = one.device_client();
  client.connect();
  IoTHubDeviceClient other = two.device_client();
  other.connect();
  client = std::move(other);
  CHECK(one.transport.disconnects() == 1);
  CHECK(two.transport.disconnects() == 0);
  CHECK(client.connected());
  client.send_message("x");
  CHECK(two.transport.published().size() == 1);
}

TEST_CASE("Ownership: a client that is assigned to itself goes on") {
  TestClient test;
  IoTHubDeviceClient client = test.device_client();
  client.connect();
  IoTHubDeviceClient& same = client;
  client = std::move(same);
  CHECK(client.connected());
  CHECK(test.transport.disconnects() == 0);
}

TEST_CASE("Ownership: the same of a client of the provisioning service") {
  ProvisioningService one, two;
  ProvisioningDeviceClient client(one.core);
  ProvisioningDeviceClient other(two.core);
  ProvisioningDeviceClient& same = client;
  client = std::move(same);
  CHECK_FALSE(one.core->was_shut_down());
  client = std::move(other);
  CHECK(one.core->was_shut_down());
  CHECK_FALSE(two.core->was_shut_down());
  CHECK_THROWS_AS(other.register_device(), std::logic_error);
  two.answers = {assigned_to("hub1")};
  CHECK(client.register_device().status == "assigned");
}

TEST_CASE("Ownership: the same of a managed device") {
  Managed one, two;
  ManagedDevice device(one.core);
  ManagedDevice other(two.core);
  ManagedDevice& same = device;
  device = std::move(same);
  CHECK_FALSE(one.core->was_shut_down());
  device = std::move(other);
  CHECK(one.core->was_shut_down());
  CHECK_FALSE(two.core->was_shut_down());
  CHECK_THROWS_AS(other.client(), std::logic_error);
  CHECK(device.client() == nullptr);
}

TEST_CASE("Ownership: a client that is destroyed on its loop does not wait there, and ends") {
  TestClient test;
  test.connect();
  test.loop->post([&] {
    { IoTHubDeviceClient client(std::move(test.core)); }
    CHECK(test.transport.disconnects() == 0);
  });
  test.loop->run_posted();
  CHECK(test.transport.disconnects() == 1);
}

TEST_CASE("Ownership: the destructor waits until the client has ended") {
  TestClient test;
  test.connect();
  test.transport.silent_disconnect = true;
  { IoTHubDeviceClient client(std::move(test.core)); }
  CHECK(test.loop->now() == SteadyTime(500ms));
  CHECK(test.transport.was_shut_down());
}

TEST_CASE("Ownership: one that was shut down before is not ended twice") {
  TestClient test;
  {
    IoTHubDeviceClient client = test.device_client();
    client.connect();
    client.shutdown();
  }
  CHECK(test.transport.disconnects() == 1);
}

TEST_CASE("Ownership: a forked child's copy refuses its calls, and is destroyed in silence") {
  TestClient test;
  IoTHubDeviceClient client = test.device_client();
  client.connect();
  CHECK(in_child([&] {
          if (client.connected()) return 1;
          try {
            client.send_message("x");
            return 2;
          } catch (const ClientError& e) {
            if (e.error().code() != Errc::operation_error) return 3;
            if (std::string(e.what()).find("belongs to the parent") == std::string::npos) return 4;
          }
          test.core.reset();
          { IoTHubDeviceClient copy = std::move(client); }
          test.loop->run_posted();
          if (test.transport.disconnects() != 0 || !test.transport.connected()) return 5;
          return 0;
        }) == 0);
  CHECK(client.connected());
  client.send_message("x");
}

TEST_CASE("Ownership: so do those of the other services") {
  ProvisioningService service;
  ProvisioningDeviceClient client(service.core);
  Managed managed;
  ManagedDevice device(managed.core);
  CHECK(in_child([&] {
          try {
            client.register_device();
            return 1;
          } catch (const ClientError&) {
          }
          try {
            device.connect();
            return 2;
          } catch (const ClientError&) {
          }
          return service.transport.dials() == 0 && managed.dps.transport.dials() == 0 ? 0 : 3;
        }) == 0);
}

}  // namespace
}  // namespace azure::iot::device::test
