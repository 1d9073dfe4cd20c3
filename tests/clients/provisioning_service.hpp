#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "clients/detail/provisioning_client_core.hpp"
#include "clients/provisioning_device_client.hpp"
#include "testkit/test_client.hpp"

namespace azure::iot::device::test {

// The answer of the provisioning service to one request.
struct ServiceAnswer {
  int status = 200;
  std::string body = {};
  std::string retry_after = {};
};

inline const ServiceAnswer kSilence{.status = 0};

inline ServiceAnswer assigning(std::string retry_after = "3") {
  return {202, R"({"operationId": "op1", "status": "assigning"})", std::move(retry_after)};
}

inline ServiceAnswer assigned_to(std::string_view hub, std::string_view device = "dev1") {
  Json state{{"deviceId", device}, {"assignedHub", hub}, {"substatus", "initialAssignment"}};
  Json body{{"operationId", "op1"}, {"status", "assigned"}, {"registrationState", state}};
  return {200, body.dump()};
}

// A fake provisioning service. It gives each answer in `answers` to one request, and then answers
// no more.
class FakeProvisioningService {
 public:
  FakeProvisioningService() {
    transport.on_packet = [this](const Packet& packet) { answer(packet); };
  }

  FakeMqttTransport transport;
  std::deque<ServiceAnswer> answers;

 private:
  void answer(const Packet& packet) {
    const auto rid = packet.topic.find("$rid=");
    if (packet.kind != Packet::Kind::publish || rid == std::string::npos || answers.empty()) return;
    const ServiceAnswer next = std::move(answers.front());
    answers.pop_front();
    if (next.status == 0) return;
    const std::string id = packet.topic.substr(rid, packet.topic.find('&', rid) - rid);
    std::string topic = "$dps/registrations/res/" + std::to_string(next.status) + "/?" + id;
    if (!next.retry_after.empty()) topic += "&retry-after=" + next.retry_after;
    transport.receive(topic, next.body);
  }
};

// A client of the fake service, in virtual time.
class ProvisioningService : public FakeProvisioningService {
 public:
  explicit ProvisioningService(ProvisioningSymmetricKeyOptions options = {}) {
    options.event_loop = loop;
    core = detail::ProvisioningClientCore::create(
        detail::config_from_symmetric_key("dps.test", "reg1", "scope1", kTestKey, options),
        transport.factory());
  }
  ~ProvisioningService() {
    core.reset();
    loop->run_posted();
  }

  Call<RegistrationResult> begin(detail::Timeout timeout = {}) {
    Call<RegistrationResult> call;
    core->start_register(timeout, call.completion());
    loop->run_posted();
    return call;
  }
  void advance(Duration by) { loop->advance(by); }

  std::shared_ptr<ManualLoop> loop = std::make_shared<ManualLoop>();
  std::shared_ptr<detail::ProvisioningClientCore> core;
};

}  // namespace azure::iot::device::test
