#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "clients/managed_device.hpp"
#include "clients/provisioning_device_client.hpp"
#include "testkit/test_client.hpp"
#include "tests/clients/provisioning_service.hpp"
#include "tests/clients/refusal.hpp"

namespace azure::iot::device::test {
namespace {

// A text of this size.
std::string text(std::size_t size) { return std::string(size, 'x'); }

TEST_CASE("Client: what the hub is known to refuse is an argument error, and nothing is queued") {
  TestClient test;
  auto client = test.device_client();
  client.connect();
  Message wide{.data = "1", .custom_properties = {{"p", text(65'535)}}};
  CHECK(refusal_of([&] { client.send_message(wide); }).starts_with("message: the topic"));
  CHECK(refusal_of([&] { client.send_message(text(262'145)); }).starts_with("message: payload"));
  CHECK(refusal_of([&] {
          client.send_method_response({"1", 200, text(131'071)});
        }).starts_with("response: the payload"));
  CHECK(refusal_of([&] {
          client.send_method_response({text(65'535), 200, {}});
        }).starts_with("response: the topic"));
  CHECK(refusal_of([&] {
          client.patch_twin_reported_properties({{"a.b", 1}});
        }).starts_with("patch: a key"));
  CHECK(test.transport.packets().empty());
}

// A stage of the application may enlarge a message after the call has checked it.
TEST_CASE("Client: what is refused in the chain is not said to be the service's doing") {
  struct Growing final : Handles<Growing, Ops<SendD2CMessageOperation>> {
    std::string_view name() const override { return "Growing"; }
    void run(Owned<SendD2CMessageOperation> op) {
      op->message.data.resize(262'145);
      send_op_down(std::move(op));
    }
  };
  TestClient test(
      {.stages = {before("SasTokenStage", [] { return std::make_unique<Growing>(); })}});
  const auto sent = test.send("x");
  const std::string said = detail::exception_text(sent.error());
  CHECK(said.find("what was to be sent breaks a limit") != std::string::npos);
  CHECK(said.find("must not exceed 262144 bytes; got 262145") != std::string::npos);
}

TEST_CASE("Client: the last allowed topic passes, to an output too") {
  TestClient test({}, kTestModuleConnectionString);
  auto client = test.module_client();
  const std::string base = "devices/dev1/modules/mod1/messages/events/";
  Message message;
  message.custom_properties["p"] = text(65'535 - base.size() - 2);
  client.send_message(message);
  CHECK(test.transport.published().back().size() == 65'535);
  CHECK(
      refusal_of([&] { client.send_message_to_output(message, "o"); }).starts_with("message: the"));

  message.custom_properties["p"]->resize(65'535 - (base + "%24.on=o&p=").size());
  client.send_message_to_output(message, "o");
  CHECK(test.transport.published().back().size() == 65'535);
  CHECK(test.transport.published().size() == 2);
}

TEST_CASE("Provisioning: a registration has 98,304 bytes at most") {
  ProvisioningService service;
  const std::size_t frame = std::string_view(R"({"payload": "", "registrationId": "reg1"})").size();
  service.core->set_provisioning_payload(text(98'304 - frame));
  CHECK(refusal_of([&] { service.core->set_provisioning_payload(text(98'305 - frame)); }) ==
        "payload: the registration that holds it must not exceed 98304 bytes; got 98305");
  service.answers = {assigned_to("hub1")};
  CHECK(service.begin().succeeded());  // Including the accepted one.
  CHECK(service.transport.packets()[1].payload.size() == 98'304);
}

TEST_CASE("ManagedDevice: a payload too large for a registration is refused at creation") {
  CHECK(refusal_of([] {
          ManagedDevice::create_from_symmetric_key("dps.test", "reg1", "scope1", kTestKey,
                                                   {.provisioning_payload = text(98'304)});
        }).starts_with("provisioning_payload: the registration"));
}

}  // namespace
}  // namespace azure::iot::device::test
