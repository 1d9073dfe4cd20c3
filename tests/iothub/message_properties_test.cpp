// The properties of messages in topics: each by its name, and the maximum number.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "iothub/mqtt_topic_iothub.hpp"

namespace azure::iot::device {
namespace {

using namespace mqtt_topic_iothub;
using Field = std::optional<std::string> Message::*;

// The properties of a sent message, in the order of a topic.
const std::pair<std::string, Field> kSent[] = {
    {"%24.on", &Message::output_name},           {"%24.mid", &Message::message_id},
    {"%24.cid", &Message::correlation_id},       {"%24.uid", &Message::user_id},
    {"%24.ct", &Message::content_type},          {"%24.ce", &Message::content_encoding},
    {"%24.ifid", &Message::iothub_interface_id}, {"%24.exp", &Message::expiry_time_utc},
};
const std::pair<std::string, Field> kReceived[] = {
    {"%24.mid", &Message::message_id},      {"%24.cid", &Message::correlation_id},
    {"%24.uid", &Message::user_id},         {"%24.ct", &Message::content_type},
    {"%24.ce", &Message::content_encoding}, {"%24.exp", &Message::expiry_time_utc},
    {"iothub-ack", &Message::ack},
};

Message received(const std::string& bag) {
  Message message;
  CHECK_FALSE(
      extract_message_properties_from_topic("devices/d/messages/devicebound/" + bag, message));
  return message;
}

TEST_CASE("Message properties: each system property is sent under its name, and counted") {
  for (const auto& [name, field] : kSent) {
    CAPTURE(name);
    Message message;
    message.*field = "v w";
    CHECK(encode_message_properties_in_topic(message, "b/") == "b/" + name + "=v%20w");
    CHECK(get_encoded_properties_size(message) == name.size() + 6);
    message.*field = "";
    CHECK(encode_message_properties_in_topic(message, "b/") == "b/");
    CHECK(get_encoded_properties_size(message) == 0);
  }
}

TEST_CASE("Message properties: all of them stand in one order, before those of the user") {
  Message message;
  std::string expected = "b/";
  for (const auto& [name, field] : kSent) {
    message.*field = "v";
    expected += name + "=v&";
  }
  message.custom_properties["a"] = "1";
  message.input_name = "not sent";
  message.ack = "not sent";
  CHECK(encode_message_properties_in_topic(message, "b/") == expected + "a=1");
  CHECK(get_encoded_properties_size(message) == expected.size() + 3 - 2);
}

TEST_CASE("Message properties: each system property that is received has its place") {
  for (const auto& [name, field] : kReceived) {
    CAPTURE(name);
    Message expected;
    expected.*field = "v w";
    CHECK(received(name + "=v%20w") == expected);
    expected.*field = std::nullopt;
    CHECK(received(name) == expected);
  }
  CHECK(received("%24.to=%2Fdevices%2Fd") == Message{});
  CHECK(received("%24.to=x&a=1").custom_properties == CustomProperties{{"a", "1"}});
  CHECK(received("") == Message{});
}

TEST_CASE("Message properties: a name that is no system property is the user's") {
  for (const std::string name :
       {"$.on", "$.ifid", "$.MID", "mid", "iothub-ack2", "iothub-operation"}) {
    CAPTURE(name);
    std::string quoted = name;
    if (quoted[0] == '$') quoted = "%24" + quoted.substr(1);
    CHECK(received(quoted + "=1").custom_properties == CustomProperties{{name, "1"}});
  }
}

TEST_CASE("Message properties: any number of them is ordered by name, and comes back whole") {
  for (const int count : {0, 1, 2, 8, 9, 31, 32, 33, 34, 64, 100}) {
    CAPTURE(count);
    Message message;
    for (int i = count; i > 0; --i) {
      message.custom_properties["p" + std::to_string(1000 + i)] = std::to_string(i);
    }
    std::string expected;
    for (int i = 1; i <= count; ++i) {
      expected += (i == 1 ? "p" : "&p") + std::to_string(1000 + i) + "=" + std::to_string(i);
    }
    CHECK(encode_message_properties_in_topic(message, "b/") == "b/" + expected);
    CHECK(get_encoded_properties_size(message) == expected.size());
    const Message back = received(expected);
    CHECK(back.custom_properties.size() == static_cast<std::size_t>(count));
    for (const auto& [name, value] : message.custom_properties) {
      CHECK(*back.custom_properties.find(name) == value);
    }
  }
}

TEST_CASE("Message properties: they are read from where the topic has them, or refused") {
  const auto custom = [](std::string_view topic) {
    Message message;
    CHECK_FALSE(extract_message_properties_from_topic(topic, message));
    return message.custom_properties;
  };
  const CustomProperties one{{"a", "1"}};
  CHECK(custom("devices/d/messages/devicebound/a=1") == one);
  CHECK(custom("devices/d/messages/devicebound/a=1/more") == one);
  CHECK(custom("devices/d/messages/devicebound").empty());
  CHECK(custom("devices/d/modules/m/inputs/in/a=1") == one);
  CHECK(custom("devices/d/modules/m/inputs/in").empty());
  for (const std::string_view topic :
       {"", "devices/d/messages/a=1", "devices/d/messages/events/a=1", "devices/d/inputs/in/a=1",
        "x/devices/d/messages/devicebound/a=1"}) {
    CAPTURE(topic);
    Message message;
    const Error error = extract_message_properties_from_topic(topic, message);
    CHECK(error.code() == Errc::bad_content);
    CHECK(error.detail() ==
          "topic has incorrect format: devices/{device id}/messages/devicebound/{properties} or an "
          "input's topic was expected");
    CHECK(message == Message{});
  }
}

}  // namespace
}  // namespace azure::iot::device
