#include "test_provisioning_client.hpp"

#include <utility>

#include "end_client.hpp"
#include "violations.hpp"

namespace azure::iot::device::test {

const Reply assigning = status(202);

TestProvisioningClient::TestProvisioningClient(ProvisioningSymmetricKeyOptions options) {
  options.event_loop = loop;
  transport.on_packet = [this](const Packet& packet) { serve(packet); };
  core = detail::ProvisioningClientCore::create(
      detail::config_from_symmetric_key("dps.azure-devices.test", "reg1", "scope1", kTestKey,
                                        options),
      transport.factory());
}

TestProvisioningClient::~TestProvisioningClient() {
  end_client(std::move(core), *loop);
  for (const auto& times : calls_) {
    if (*times == 1) continue;
    report_violation("a registration must complete exactly once; it completed " +
                     std::to_string(*times) + " times");
  }
}

void TestProvisioningClient::script_registrations(std::initializer_list<Reply> replies) {
  registrations_.insert(registrations_.end(), replies);
}

void TestProvisioningClient::release() {
  transport.release();
  loop->run_posted();
}

void TestProvisioningClient::drop() {
  transport.drop();
  loop->run_posted();
}

Call<RegistrationResult> TestProvisioningClient::start_register(detail::Timeout timeout) {
  Call<RegistrationResult> call;
  calls_.push_back(call.times());
  core->start_register(timeout, call.completion());
  loop->run_posted();
  return call;
}

// "$dps/registrations/PUT/iotdps-register/?$rid=1", or "...?$rid=1&operationId=op1".
void TestProvisioningClient::serve(const Packet& packet) {
  const auto rid = packet.topic.find("$rid=");
  if (packet.kind != Packet::Kind::publish || rid == std::string::npos) return;
  Result<Json> body = Json::parse(packet.payload);
  requests_.push_back(body ? *std::move(body) : Json());

  Reply reply = accept;
  if (!registrations_.empty()) {
    reply = std::move(registrations_.front());
    registrations_.pop_front();
  }
  std::string id = packet.topic.substr(rid, packet.topic.find('&', rid) - rid);
  transport.serve(reply, [this, id = std::move(id)](std::optional<int> status) {
    const int code = status.value_or(200);
    std::string topic = "$dps/registrations/res/" + std::to_string(code) + "/?" + id;
    if (code == 202) topic += "&retry-after=3";
    transport.receive(topic, body_of(code));
  });
}

std::string TestProvisioningClient::body_of(int status) const {
  constexpr std::string_view kOperation = "op1";
  if (status == 202) {
    return Json({{"operationId", kOperation}, {"status", "assigning"}}).dump();
  }
  if (status >= 300) {
    return Json({{"errorCode", status * 1000}, {"message", "refused by the script"}}).dump();
  }
  Json state({{"deviceId", assigned_device},
              {"assignedHub", assigned_hub},
              {"substatus", "initialAssignment"}});
  Json body({{"operationId", kOperation}, {"status", "assigned"}});
  body.set("registrationState", std::move(state));
  return body.dump();
}

}  // namespace azure::iot::device::test
