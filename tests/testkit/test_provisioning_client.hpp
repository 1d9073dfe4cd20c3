#pragma once

#include <deque>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include <azure/iot/device/clients/detail/provisioning_client_core.hpp>
#include <azure/iot/device/clients/provisioning_device_client.hpp>
#include <azure/iot/device/pipeline/loop/manual_loop.hpp>

#include "fake_mqtt_transport.hpp"
#include "test_client.hpp"

namespace azure::iot::device::test {

// Answers a request with 202: the device is being assigned. The client asks again after three
// seconds.
extern const Reply assigning;

// The real client of the provisioning service, without network, threads or waiting, and the service
// that it is connected to. Unless a word of reply.hpp is scripted for a request, the service
// assigns each device to `assigned_hub` at once:
//
//   TestProvisioningClient dps;
//   dps.script_registrations({status(429), lost, assigning});
//   ProvisioningDeviceClient client = dps.client();
//   CHECK(client.register_device().registration_state->assigned_hub == dps.assigned_hub);
//
// Time passes as in a TestClient.
class TestProvisioningClient {
 public:
  explicit TestProvisioningClient(ProvisioningSymmetricKeyOptions options = {});
  TestProvisioningClient(const TestProvisioningClient&) = delete;
  TestProvisioningClient& operator=(const TestProvisioningClient&) = delete;
  // Shuts the client down, and reports registrations that did not complete exactly once to
  // `on_violation`.
  ~TestProvisioningClient();

  // A client for the application. Its destruction shuts the one client down.
  ProvisioningDeviceClient client() const { return ProvisioningDeviceClient(core); }

  // The replies to the next connects, to the SUBSCRIBE for the responses, and to the next requests.
  // Requests to register and requests for the status count alike.
  void script_connects(std::initializer_list<Reply> replies) { transport.script(replies); }
  void script_subscribes(std::initializer_list<Reply> replies) { transport.script_acks(replies); }
  void script_registrations(std::initializer_list<Reply> replies);
  // Gives the `late` answers now.
  void release();
  void advance(Duration by) { loop->advance(by); }
  // Drops the link now.
  void drop();

  // Starts a registration and runs it as far as it can get without time passing.
  Call<RegistrationResult> start_register(detail::Timeout timeout = {});
  // The bodies of the requests received, in order; null for a request for the status.
  const std::vector<Json>& requests() const& { return requests_; }
  std::vector<Json> requests() const&& { return requests_; }

  FakeMqttTransport transport;
  std::shared_ptr<ManualLoop> loop = std::make_shared<ManualLoop>();
  std::string assigned_hub = "hub1.azure-devices.test";
  std::string assigned_device = "dev1";
  std::shared_ptr<detail::ProvisioningClientCore> core;

 private:
  void serve(const Packet& packet);
  std::string body_of(int status) const;

  std::deque<Reply> registrations_;
  std::vector<Json> requests_;
  std::vector<std::shared_ptr<const int>> calls_;
};

}  // namespace azure::iot::device::test
