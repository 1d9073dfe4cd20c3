#include "provisioning/stages/provisioning_mqtt_translation_stage.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/provisioning/provisioning_chain.hpp"

namespace azure::iot::device {
namespace {
using namespace test;
using Strings = std::vector<std::string>;

struct TranslationPipeline : TestPipeline<ProvisioningMqttTranslationStage> {
  TranslationPipeline() : TestPipeline({}, kEnrolment) { run<ConnectOperation>(); }
  void receive(std::string_view topic) {
    transport.receive(topic, "body");
    settle();
  }
};

TEST_CASE("ProvisioningMqttTranslation: who the client is comes from registration id and scope") {
  TranslationPipeline p;
  auto init = p.run<InitializePipelineOperation>();
  CHECK(init.op().client_id == "reg1");
  CHECK(init.op().username ==
        "scope1/registrations/reg1/api-version=2019-03-31&ClientVersion=agent");
}

TEST_CASE("ProvisioningMqttTranslation: the one feature is to register") {
  TranslationPipeline p;
  CHECK(p.run<EnableFeatureOperation>("register").succeeded());
  CHECK(p.transport.packets().back().topic == "$dps/registrations/res/#");
  CHECK(p.run<DisableFeatureOperation>("register").succeeded());
  CHECK(p.run<EnableFeatureOperation>("c2d").errc() == Errc::operation_error);
}

TEST_CASE("ProvisioningMqttTranslation: a request of another kind is refused, and not sent") {
  TranslationPipeline p;
  auto request = p.run<RequestOperation>(Request{"twin", "GET", "/", " ", {}}, "rid");
  CHECK(request.errc() == Errc::operation_error);
  auto query = p.run<RequestOperation>(Request{"query", "GET", "/", " ", {}}, "rid");
  CHECK(query.errc() == Errc::bad_content);
  CHECK(p.transport.published().empty());
}

TEST_CASE("ProvisioningMqttTranslation: a response that cannot be read is reported") {
  TranslationPipeline p;
  const Strings topics{"$dps/registrations/res/",
                       "$dps/registrations/res/200/",
                       "$dps/registrations/res/200/?$rid",
                       "$dps/registrations/res/200/?$x=1",
                       "$dps/registrations/res/soon/?$rid=1",
                       "$dps/registrations/res/99999999999999999999/?$rid=1",
                       "$dps/registrations/res/4294967496/?$rid=1",  // 200, if cut to 32 bits.
                       "$dps/registrations/res/2147483648/?$rid=1"};
  for (const std::string& topic : topics) p.receive(topic);
  CHECK(p.events.background_errors.size() == topics.size());
  CHECK(p.events.count<ResponseEvent>() == 0);
  for (const Error& error : p.events.background_errors) CHECK(error.code() == Errc::bad_content);
}

TEST_CASE("ProvisioningMqttTranslation: a response goes up with all that its topic says") {
  TranslationPipeline p;
  Strings seen;
  p.on_event = [&](const Event& event) {
    if (const auto* response = event_cast<ResponseEvent>(event)) {
      seen.push_back(std::string(response->request_id) + ' ' +
                     std::to_string(response->status_code) + ' ' +
                     std::string(response->response_body) + ' ' +
                     std::string(response->retry_after.value_or("none")));
    }
  };
  p.receive("$dps/registrations/res/202/?$rid=a%20b&retry-after=3");
  p.receive("$dps/registrations/res/2147483647/?$rid=1");
  CHECK(seen == Strings{"a b 202 body 3", "1 2147483647 body none"});
}

TEST_CASE("ProvisioningMqttTranslation: a message on another topic passes as it is") {
  TranslationPipeline p;
  p.receive("$dps/registrations/PUT/");
  CHECK(p.events.count<IncomingMqttMessageEvent>() == 1);
  CHECK(p.events.background_errors.empty());
}

TEST_CASE("ProvisioningMqttTranslation: the feature is unsubscribed from its topic") {
  TranslationPipeline p;
  CHECK(p.run<DisableFeatureOperation>("register").succeeded());
  CHECK(p.transport.topics(Packet::Kind::unsubscribe) == Strings{"$dps/registrations/res/#"});
  CHECK(p.run<DisableFeatureOperation>("").errc() == Errc::operation_error);
}

TEST_CASE("ProvisioningMqttTranslation: a request beyond the service's limits is not sent") {
  TranslationPipeline p;
  p.run<ConnectOperation>();
  const auto send = [&](std::size_t body, std::size_t operation_id) {
    const Json query{{"operation_id", std::string(operation_id, 'x')}};
    return p.run<RequestOperation>(Request{"query", "GET", "/", std::string(body, 'x'), query}, "1")
        .errc();
  };
  CHECK(send(98'304, 1) == Errc::ok);
  CHECK(p.transport.packets().size() == 1);
  CHECK(send(98'305, 1) == Errc::bad_content);
  CHECK(send(1, 65'535) == Errc::bad_content);
  CHECK(p.transport.packets().size() == 1);
}

}  // namespace
}  // namespace azure::iot::device
