#include "iothub/mqtt_topic_iothub.hpp"

#include <string>

#include <doctest/doctest.h>

#include "iothub/sas_uri.hpp"

namespace azure::iot::device {

using namespace mqtt_topic_iothub;

TEST_CASE(
    "MqttTopicIoTHub: a property without a value stands as its bare name, and comes back so") {
  Message sent;
  sent.custom_properties["flag"];
  sent.custom_properties["empty"] = "";
  const std::string topic =
      encode_message_properties_in_topic(sent, "devices/d/messages/devicebound/");
  CHECK(topic == "devices/d/messages/devicebound/empty=&flag");
  Message received;
  CHECK_FALSE(extract_message_properties_from_topic(topic, received));
  CHECK(*received.custom_properties.find("flag") == std::nullopt);
  CHECK(*received.custom_properties.find("empty") == "");
}

TEST_CASE("MqttTopicIoTHub: many properties are ordered by name, and the topic is made in one go") {
  Message message{.message_id = "m"};
  for (int i = 99; i >= 10; --i) message.custom_properties["p" + std::to_string(i)] = "v w";
  const std::string topic = encode_message_properties_in_topic(message, "base/");
  CHECK(topic.starts_with("base/%24.mid=m&p10=v%20w&p11=v%20w&"));
  CHECK(topic.ends_with("&p98=v%20w&p99=v%20w"));
  CHECK(topic.capacity() == topic.size());
  CHECK(topic.size() == 5 + get_encoded_properties_size(message));
}

TEST_CASE("MqttTopicIoTHub: a topic is told by what stands in it") {
  CHECK(classify_topic("devices/d/modules/m/inputs/i/", "d", "m") == HubTopic::input);
  CHECK(classify_topic("devices/devices/d/messages/devicebound/", "d", "") == HubTopic::c2d);
  CHECK(classify_topic("devices/dd/messages/devicebound/", "d", "") == HubTopic::unknown);
  CHECK(classify_topic("$iothub/methods/POST/m/?$rid=1", "d", "m") == HubTopic::methods);
  CHECK(classify_topic("$iothub/twin/res/200/?$rid=1", "d", "") == HubTopic::twin_response);
  CHECK(classify_topic("$iothub/twin/PATCH/properties/desired/?$version=2", "d", "") ==
        HubTopic::twin_patch);
  CHECK(classify_topic("", "d", "") == HubTopic::unknown);
}

TEST_CASE("MqttTopicIoTHub: a topic that cannot be read says what was expected") {
  const Error error = get_twin_request_id_from_topic("$iothub/twin/res/200/?$version=1").error();
  CHECK(error.code() == Errc::bad_content);
  CHECK(error.detail() ==
        "topic has incorrect format: $iothub/twin/res/{status}/?$rid={request id} was expected");
  CHECK(get_method_name_from_topic("devices/d").error().code() == Errc::bad_content);
  CHECK(get_method_request_id_from_topic("$iothub/methods/POST/m/?").error().code() ==
        Errc::bad_content);
  CHECK(get_input_name_from_topic("devices/d/inputs/i").error().code() == Errc::bad_content);
  Message message;
  CHECK(extract_message_properties_from_topic("devices/d", message).code() == Errc::bad_content);
}

TEST_CASE("MqttTopicIoTHub: an input's properties are read from behind its name") {
  Message message;
  CHECK_FALSE(extract_message_properties_from_topic(
      "devices/d/modules/m/inputs/in/%24.cid=c&a=b=c&a=d", message));
  CHECK(message.correlation_id == "c");
  CHECK(message.custom_properties == CustomProperties{{"a", "d"}});
}

TEST_CASE("HubSasUri: what is put together comes apart the same") {
  CHECK(*split_sas_uri(hub_sas_uri("h", "d")) == HubSasUri{"h", "d", ""});
  CHECK(*split_sas_uri(hub_sas_uri("h", "d", "m")) == HubSasUri{"h", "d", "m"});
  CHECK(split_sas_uri("h/devices/d/module/m").error().code() == Errc::bad_content);
}

}  // namespace azure::iot::device
