#include "iothub/stages/iothub_mqtt_translation_stage.hpp"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support/test_hub_pipeline.hpp"

namespace azure::iot::device {
namespace {
using namespace test;
using Strings = std::vector<std::string>;
using Packet = FakeMqttTransport::Packet;

struct TranslationPipeline : TestHubPipeline<IotHubMqttTranslationStage> {
  explicit TranslationPipeline(const IotHubConfig& hub = kDevice)
      : TestHubPipeline({.hostname = "hub.net"}, hub) {
    run<ConnectOperation>();
    events = {};
  }
};

TEST_CASE("IotHubMqttTranslation: a device says who it is") {
  TranslationPipeline p;
  CHECK(p.transport.config().client_id == "dev1");
  CHECK(p.transport.config().username ==
        "hub.net/dev1/?api-version=2019-10-01&DeviceClientType=agent");
  CHECK(p.nucleus().client_id == "dev1");
}

TEST_CASE("IotHubMqttTranslation: so does a module, and one with a model") {
  TranslationPipeline module(kModule);
  CHECK(module.transport.config().client_id == "dev1/mod1");
  CHECK(module.transport.config().username ==
        "hub.net/dev1/mod1/?api-version=2019-10-01&DeviceClientType=agent");
  TranslationPipeline model({.device_id = "d", .product_info = "dtmi:a;1", .user_agent = "agent"});
  CHECK(model.transport.config().username ==
        "hub.net/d/?api-version=2020-09-30&DeviceClientType=agent&model-id=dtmi%3Aa%3B1");
}

TEST_CASE("IotHubMqttTranslation: the user name names the hub, though a gateway is dialled") {
  TestHubPipeline<IotHubMqttTranslationStage> p{
      {.hostname = "hub.net", .gateway_hostname = "gateway"}};
  CHECK(p.transport.config().username.starts_with("hub.net/dev1/"));
  CHECK(p.transport.config().hostname == "gateway");
}

TEST_CASE("IotHubMqttTranslation: a message is published with its properties in the topic") {
  TranslationPipeline p;
  Message message{
      .data = std::string("21\0", 3), .message_id = "m 1", .content_type = "text/plain"};
  message.custom_properties["room"] = "attic";
  CHECK(p.run<SendD2CMessageOperation>(message).succeeded());
  CHECK(p.transport.packets() ==
        std::vector<Packet>{
            {Packet::Kind::publish,
             "devices/dev1/messages/events/%24.mid=m%201&%24.ct=text%2Fplain&room=attic",
             std::string("21\0", 3)}});
}

TEST_CASE("IotHubMqttTranslation: a module sends to its outputs") {
  TranslationPipeline p(kModule);
  CHECK(p.run<SendOutputMessageOperation>(Message{.data = "x", .output_name = "out"}).succeeded());
  CHECK(p.transport.published() == Strings{"devices/dev1/modules/mod1/messages/events/%24.on=out"});
}

TEST_CASE("IotHubMqttTranslation: a method is answered under its request id, with its status") {
  TranslationPipeline p;
  auto run = p.run<SendMethodResponseOperation>(
      MethodResponse{.request_id = "1", .status = 404, .payload = Json{{"done", false}}});
  CHECK(run.succeeded());
  CHECK(p.transport.packets() ==
        std::vector<Packet>{
            {Packet::Kind::publish, "$iothub/methods/res/404/?$rid=1", R"({"done": false})"}});
}

TEST_CASE(
    "IotHubMqttTranslation: each feature has its topic, which is subscribed and unsubscribed") {
  const std::pair<std::string_view, std::string> kTopics[] = {
      {feature::kC2D, "devices/dev1/messages/devicebound/#"},
      {feature::kInput, "devices/dev1/modules/mod1/inputs/#"},
      {feature::kMethods, "$iothub/methods/POST/#"},
      {feature::kTwin, "$iothub/twin/res/#"},
      {feature::kTwinPatches, "$iothub/twin/PATCH/properties/desired/#"},
  };
  for (const auto& [name, topic] : kTopics) {
    TranslationPipeline p(kModule);
    CHECK(p.run<EnableFeatureOperation>(std::string(name)).succeeded());
    CHECK(p.run<DisableFeatureOperation>(std::string(name)).succeeded());
    CHECK(p.transport.packets() == std::vector<Packet>{{Packet::Kind::subscribe, topic, ""},
                                                       {Packet::Kind::unsubscribe, topic, ""}});
  }
}

TEST_CASE(
    "IotHubMqttTranslation: a feature that does not exist, or a foreign request, is an error") {
  TranslationPipeline p;
  CHECK(p.run<EnableFeatureOperation>("telepathy").errc() == Errc::operation_error);
  CHECK(p.run<DisableFeatureOperation>("").errc() == Errc::operation_error);
  auto request = p.run<RequestOperation>(Request{"register", "PUT", "/", "", {}}, "id");
  CHECK(request.errc() == Errc::operation_error);
  CHECK(p.transport.packets().empty());
}

TEST_CASE("IotHubMqttTranslation: a publish that fails fails the message, for its reason") {
  TranslationPipeline p;
  p.transport.script_acks({refuse_with(Errc::protocol_client)});
  CHECK(p.run<SendD2CMessageOperation>(Message{.data = "x"}).errc() == Errc::protocol_client);
}

TEST_CASE("IotHubMqttTranslation: a cloud-to-device message comes with its properties") {
  TranslationPipeline p;
  p.receive("devices/dev1/messages/devicebound/%24.mid=m%201&%24.to=%2Fx&iothub-ack=full&a=b&c",
            "hello");
  REQUIRE(p.received.c2d_messages.size() == 1);
  const Message& message = p.received.c2d_messages[0];
  CHECK(message.data == "hello");
  CHECK(message.message_id == "m 1");
  CHECK(message.ack == "full");
  CHECK(message.custom_properties == CustomProperties{{"a", "b"}, {"c", std::nullopt}});
  CHECK(p.events.names == Strings{"C2DMessageEvent"});
}

TEST_CASE("IotHubMqttTranslation: an input message comes with the name of its input") {
  TranslationPipeline p(kModule);
  p.receive("devices/dev1/modules/mod1/inputs/in%201/a=b", "hello");
  REQUIRE(p.received.input_messages.size() == 1);
  CHECK(p.received.input_messages[0].input_name == "in 1");
  CHECK(p.received.input_messages[0].data == "hello");
  CHECK(p.events.names == Strings{"InputMessageEvent"});
}

TEST_CASE("IotHubMqttTranslation: a method request comes with name, id and payload") {
  TranslationPipeline p;
  p.receive("$iothub/methods/POST/reboot%21/?$rid=7", R"({"delay": 5})");
  p.receive("$iothub/methods/POST/stop/?$rid=8", "");  // As null.
  CHECK(p.received.method_requests ==
        std::vector<MethodRequest>{{"7", "reboot!", Json{{"delay", 5}}}, {"8", "stop", Json()}});
}

TEST_CASE("IotHubMqttTranslation: a patch of the twin comes as it is") {
  TranslationPipeline p;
  p.receive("$iothub/twin/PATCH/properties/desired/?$version=4", R"({"a": 1, "$version": 4})");
  CHECK(p.received.patches == std::vector<Json>{Json{{"a", 1}, {"$version", 4}}});
}

TEST_CASE("IotHubMqttTranslation: a response goes up with its id and status") {
  TranslationPipeline p;
  std::string seen;
  p.on_event = [&](const Event& event) {
    const auto* response = event_cast<ResponseEvent>(event);
    if (!response) return;
    seen = std::string(response->request_id) + ' ' + std::to_string(response->status_code) + ' ' +
           std::string(response->response_body);
  };
  p.receive("$iothub/twin/res/204/?$rid=id%201&$version=5", "body");
  CHECK(seen == "id 1 204 body");
}

TEST_CASE("IotHubMqttTranslation: a status may be as large as an int, and a payload be empty") {
  TranslationPipeline p;
  std::vector<int> statuses;
  p.on_event = [&](const Event& event) {
    if (const auto* response = event_cast<ResponseEvent>(event)) {
      statuses.push_back(response->status_code);
    }
    if (const auto* patch = event_cast<TwinDesiredPropertiesPatchEvent>(event)) {
      CHECK(patch->patch.is_null());
    }
  };
  p.receive("$iothub/twin/res/2147483647/?$rid=1");
  p.receive("$iothub/twin/res/-2147483648/?$rid=1");
  CHECK(statuses == std::vector{2147483647, -2147483647 - 1});
  p.receive("$iothub/twin/PATCH/properties/desired/?$version=4", "");
  CHECK(p.events.names ==
        Strings{"ResponseEvent", "ResponseEvent", "TwinDesiredPropertiesPatchEvent"});
}

TEST_CASE("IotHubMqttTranslation: a message that cannot be read is reported, and goes no further") {
  const struct {
    std::string topic, payload;
  } kUnreadable[] = {
      {"$iothub/methods/POST/reboot/?$rid=7", "{"},
      {"$iothub/methods/POST/reboot/", "{}"},
      {"$iothub/methods/POST", "{}"},
      {"$iothub/twin/res/abc/?$rid=1", ""},
      {"$iothub/twin/res/99999999999999999999/?$rid=1", ""},
      {"$iothub/twin/res/4294967496/?$rid=1", ""},  // 200, if cut to 32 bits.
      {"$iothub/twin/res/2147483648/?$rid=1", ""},
      {"$iothub/twin/res/-2147483649/?$rid=1", ""},
      {"$iothub/twin/res/200/", ""},
      {"$iothub/twin/PATCH/properties/desired/?$version=4", "no json"},
  };
  for (const auto& message : kUnreadable) {
    CAPTURE(message.topic);
    TranslationPipeline p;
    p.receive(message.topic, message.payload);
    CHECK(p.events.names == Strings{"BackgroundExceptionEvent"});
    CHECK(p.events.background_errors[0].code() == Errc::bad_content);
  }
}

TEST_CASE("IotHubMqttTranslation: a message on a topic that is nobody's passes as it is") {
  TranslationPipeline p;
  for (const std::string topic : {"devices/other/messages/devicebound/", "x$iothub/twin/res/200/",
                                  "devices/dev1/modules/mod1/inputs/in/", ""}) {
    p.receive(topic, "payload");
  }
  CHECK(p.events.count<IncomingMqttMessageEvent>() == 4);
  CHECK(p.events.names.size() == 4);
}

TEST_CASE("IotHubMqttTranslation: beyond the hub's limits nothing is sent, up to them all is") {
  TranslationPipeline p;
  const auto text = [](std::size_t size) { return std::string(size, 'x'); };
  const std::size_t events_topic = std::string_view("devices/dev1/messages/events/p=").size();
  const auto with_topic = [&](std::size_t size) {
    return Message{.custom_properties = {{"p", text(size - events_topic)}}};
  };
  CHECK(p.run<SendD2CMessageOperation>(with_topic(65'536)).errc() == Errc::bad_content);
  CHECK(p.run<SendD2CMessageOperation>(Message{.data = text(262'145)}).errc() == Errc::bad_content);
  CHECK(p.run<SendOutputMessageOperation>(with_topic(65'536)).errc() == Errc::bad_content);
  CHECK(p.run<SendMethodResponseOperation>(MethodResponse{"1", 200, text(131'071)}).errc() ==
        Errc::bad_content);
  CHECK(p.run<SendMethodResponseOperation>(MethodResponse{text(65'536), 200, {}}).errc() ==
        Errc::bad_content);
  CHECK(p.run<RequestOperation>(Request{"twin", "GET", text(65'536), ""}, "1").errc() ==
        Errc::bad_content);
  CHECK(p.transport.packets().empty());

  CHECK(p.run<SendD2CMessageOperation>(with_topic(65'535)).succeeded());
  CHECK(p.run<SendD2CMessageOperation>(Message{.data = text(262'144)}).succeeded());
  CHECK(p.run<SendMethodResponseOperation>(MethodResponse{"1", 200, text(131'070)}).succeeded());
  CHECK(p.transport.packets().size() == 3);
}

}  // namespace
}  // namespace azure::iot::device
