#include "provisioning/mqtt_topic_provisioning.hpp"

#include <string>

#include <doctest/doctest.h>

#include "provisioning/user_agent.hpp"

namespace azure::iot::device {

using namespace mqtt_topic_provisioning;

TEST_CASE("MqttTopicProvisioning: a response tells its request, its status and when to ask again") {
  const std::string topic = "$dps/registrations/res/202/?$rid=a%20b&retry-after=3";
  CHECK(is_dps_response_topic(topic));
  CHECK(*extract_status_code_from_dps_response_topic(topic) == "202");
  const Result<Properties> properties = extract_properties_from_dps_response_topic(topic);
  REQUIRE(properties);
  CHECK(*find_property(*properties, "rid") == "a b");
  CHECK(*find_property(*properties, "retry-after") == "3");
  CHECK(find_property(*properties, "other") == nullptr);
}

TEST_CASE("MqttTopicProvisioning: a property that is given twice is refused") {
  CHECK(extract_properties_from_dps_response_topic("$dps/registrations/res/200/?$rid=1&rid=2")
            .error()
            .detail() == "Duplicate keys in DPS response topic");
}

TEST_CASE("MqttTopicProvisioning: a topic that cannot be read says what was expected") {
  for (const char* topic : {"", "$", "$dps", "$dps/registrations/res/200/?$", "$a$b"}) {
    CAPTURE(topic);
    CHECK(extract_properties_from_dps_response_topic(topic).error().code() == Errc::bad_content);
  }
  CHECK(extract_status_code_from_dps_response_topic("$dps/registrations/res").error().detail() ==
        "topic has incorrect format: $dps/registrations/res/{status}/?$rid={request id} was "
        "expected");
}

TEST_CASE("MqttTopicProvisioning: the user name carries scope, registration and user agent") {
  CHECK(get_provisioning_username("0ne1", "r1", "agent/1") ==
        "0ne1/registrations/r1/api-version=2019-03-31&ClientVersion=agent%2F1");
  CHECK(get_provisioning_user_agent().starts_with("azure-iot-device-provisioning-cpp/"));
}

}  // namespace azure::iot::device
