#include "iothub/models/message.hpp"

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "iothub/models/method_response.hpp"
#include "iothub/mqtt_topic_iothub.hpp"

namespace azure::iot::device {

TEST_CASE("Message: its size is the payload and the properties as they stand in the topic") {
  Message message{.data = "12345"};
  CHECK(message.get_size() == 5);
  message.message_id = "a b";
  message.custom_properties["room"] = "ü";
  const std::string properties = "%24.mid=a%20b&room=%C3%BC";
  CHECK(mqtt_topic_iothub::encode_message_properties_in_topic(message, "") == properties);
  CHECK(message.get_size() == 5 + properties.size());
  message.input_name = "not sent";
  message.ack = "full";
  CHECK(message.get_size() == 5 + properties.size());
}

TEST_CASE("Message: 262,144 bytes are the most that the hub takes") {
  CHECK(kTelemetryMessageSizeLimit == 262'144);
  Message message{.data = std::string(262'140, 'x')};
  message.custom_properties["ab"] = "c";
  CHECK(message.get_size() == kTelemetryMessageSizeLimit);
}

TEST_CASE("Message: a security message says so") {
  Message message;
  message.set_as_security_message();
  CHECK(message.iothub_interface_id == "urn:azureiot:Security:SecurityAgent:1");
}

TEST_CASE("Message: one with a body of JSON says so, and how it is encoded") {
  const Message message = Message::from_json({{"temperature", 21.5}});
  CHECK(message.data == R"({"temperature": 21.5})");
  CHECK(message.content_type == "application/json");
  CHECK(message.content_encoding == "utf-8");
  CHECK(message.custom_properties.empty());
}

TEST_CASE("Message: its first fields stand in the order of Python's constructor") {
  const Message message{"data", "id", "utf-8", "text/plain", "output"};
  CHECK(message.data == "data");
  CHECK(message.message_id == "id");
  CHECK(message.content_encoding == "utf-8");
  CHECK(message.content_type == "text/plain");
  CHECK(message.output_name == "output");
}

TEST_CASE("Message: it is made of any text, and of JSON") {
  const std::string text = "21.5";
  const std::string_view view = text;
  const Json json{{"temperature", 21.5}};
  for (const Message& message : {Message::of("21.5"), Message::of(text), Message::of(view),
                                 Message::of(std::string("21.5"))}) {
    CHECK(message == Message{.data = "21.5"});
  }
  CHECK(Message::of(json) == Message::from_json(json));
}

TEST_CASE("CustomProperties: constant and temporary ones are read, not added to") {
  const CustomProperties properties{{"a", "1"}, {"b", std::nullopt}};
  CHECK(properties["a"] == "1");
  CHECK_FALSE(properties["b"].has_value());
  CHECK_THROWS_WITH_AS(properties["c"], "CustomProperties: there is no property 'c'",
                       std::out_of_range);
  const std::optional<std::string>& value = CustomProperties{{"a", "1"}}["a"];
  CHECK(value == "1");
  CHECK_THROWS_AS(CustomProperties()["a"], std::out_of_range);
}

TEST_CASE("CustomProperties: they keep their order, and a name stands once") {
  CustomProperties properties{{"b", "1"}, {"a", "2"}, {"b", "3"}};
  CHECK(properties.size() == 2);
  CHECK(properties.begin()->first == "b");
  CHECK(*properties.find("b") == "3");
  CHECK(properties.find("c") == nullptr);
  CHECK_FALSE(properties["c"].has_value());
  CHECK(properties.contains("c"));
  CHECK(properties.erase("b"));
  CHECK_FALSE(properties.erase("b"));
  CHECK(properties.begin()->first == "a");
  CHECK_FALSE(properties.empty());
  properties.clear();
  CHECK(properties.empty());
  CHECK(properties.begin() == properties.end());
}

TEST_CASE("Message: a point in time is written as Python's isoformat does") {
  using namespace std::chrono;
  const sys_seconds time = sys_days(2030y / 1 / 2) + 3h + 4min + 5s;
  CHECK(datetime_text(time) == "2030-01-02T03:04:05+00:00");
  CHECK(datetime_text(time + 1us) == "2030-01-02T03:04:05.000001+00:00");
  CHECK(datetime_text(time, -270min) == "2030-01-01T22:34:05-04:30");
  CHECK(datetime_text(time, std::nullopt) == "2030-01-02T03:04:05");
  CHECK(datetime_text(sys_days(1969y / 12 / 31) + 23h + 59min) == "1969-12-31T23:59:00+00:00");
}

TEST_CASE("Message: a point in time may be counted in any unit") {
  using namespace std::chrono;
  const sys_seconds time = sys_days(2030y / 1 / 2) + 3h + 4min + 5s;
  CHECK(datetime_text(sys_time<nanoseconds>(time) + 1999ns) == "2030-01-02T03:04:05.000001+00:00");
  CHECK(datetime_text(sys_time<nanoseconds>(time) - 1ns) == "2030-01-02T03:04:04.999999+00:00");
  CHECK(datetime_text(system_clock::time_point(time)) == datetime_text(time));
  CHECK(datetime_text(sys_days(2030y / 1 / 2)) == "2030-01-02T00:00:00+00:00");
  CHECK(datetime_text(sys_time<duration<double>>(time) + 500ms) ==
        "2030-01-02T03:04:05.500000+00:00");
  CHECK(datetime_text(sys_time<duration<int>>(5s)) == "1970-01-01T00:00:05+00:00");
  CHECK(datetime_text(sys_seconds::max()) == "9999-12-31T23:59:59.999999+00:00");
  CHECK(datetime_text(sys_seconds::min()) == "0001-01-01T00:00:00+00:00");
  CHECK(datetime_text(sys_days::max()) == "9999-12-31T23:59:59.999999+00:00");
}

TEST_CASE("Message: a text of any time has four digits of a year") {
  using namespace std::chrono_literals;
  using Time = std::chrono::sys_time<std::chrono::microseconds>;
  CHECK(datetime_text(Time::max()) == "9999-12-31T23:59:59.999999+00:00");
  CHECK(datetime_text(Time::min()) == "0001-01-01T00:00:00+00:00");
  CHECK(datetime_text(Time::max(), 23h + 59min) == "9999-12-31T23:59:59.999999+23:59");
  CHECK(datetime_text(Time::min(), -(23h + 59min)) == "0001-01-01T00:00:00-23:59");
  for (const auto offset : {std::chrono::minutes::max(), std::chrono::minutes::min(),
                            std::chrono::minutes{24h}, std::chrono::minutes{-24h}}) {
    CHECK_THROWS_WITH_AS(datetime_text(Time{}, offset), doctest::Contains("utc_offset: must be"),
                         std::invalid_argument);
  }
}

TEST_CASE("MethodResponse: it answers the request that it was made from") {
  const MethodRequest request{"rid-1", "reboot", Json{{"delay", 5}}};
  const auto response = MethodResponse::create_from_method_request(request, 200, {{"ok", true}});
  CHECK(response.request_id == "rid-1");
  CHECK(response.status == 200);
  CHECK(response.payload["ok"] == true);
  CHECK(MethodResponse::create_from_method_request(request, 404).payload.is_null());
}

}  // namespace azure::iot::device
