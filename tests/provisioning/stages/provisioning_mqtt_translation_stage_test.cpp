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
  const Strings topics{"$dps/registrations/res/", "$dps/registrations/res/200/",
                       "$dps/registrations/res/200/?$rid", "$dps/registrations/res/200/?$x=1",
                       "$dps/registrations/res/soon/?$rid=1"};
  for (const std::string& topic : topics) p.receive(topic);
  CHECK(p.events.background_errors.size() == topics.size());
}

}  // namespace
}  // namespace azure::iot::device
