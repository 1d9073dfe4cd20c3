#pragma once

#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>

#include "iothub/models/message.hpp"
#include "pipeline/json/json.hpp"

// The values of the recorded vectors, from and to this library's types.
namespace azure::iot::device {

// "" for null: the functions here take an empty text where Python takes None.
inline std::string text_of(const Json& value) { return value.is_null() ? "" : value.as_string(); }

// The text that one of the vectors' typed values stands for.
inline std::string typed_text(const Json& value) {
  if (value.is_string()) return value.as_string();
  if (const Json* time = value.find("datetime")) return time->as_string();
  if (const Json* date = value.find("date")) return date->as_string();
  std::string repeated;
  for (std::int64_t i = 0; i < value["count"].as_int(); ++i)
    repeated += value["repeat"].as_string();
  return repeated;
}

inline Message message_from(const Json& in) {
  Message message;
  const std::map<std::string, std::optional<std::string> Message::*, std::less<>> kTexts = {
      {"message_id", &Message::message_id},
      {"correlation_id", &Message::correlation_id},
      {"user_id", &Message::user_id},
      {"content_type", &Message::content_type},
      {"content_encoding", &Message::content_encoding},
      {"expiry_time_utc", &Message::expiry_time_utc},
      {"output_name", &Message::output_name},
      {"input_name", &Message::input_name},
      {"ack", &Message::ack}};
  for (const auto& [name, value] : in.members()) {
    if (const auto text = kTexts.find(name); text != kTexts.end()) {
      message.*text->second = typed_text(value);
    } else if (name == "security_message") {
      message.set_as_security_message();
    } else if (name == "custom_properties") {
      for (const Json& property : value.elements()) {
        message.custom_properties[property[0].as_string()] = typed_text(property[1]);
      }
    } else {
      throw std::logic_error("the test does not know the field " + name);
    }
  }
  return message;
}

inline Json json_from(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json();
}

inline Json json_from(const Message& message) {
  Json properties = Json::array();
  for (const auto& [name, value] : message.custom_properties) {
    properties.push_back(Json::array({name, json_from(value)}));
  }
  return {{"message_id", json_from(message.message_id)},
          {"correlation_id", json_from(message.correlation_id)},
          {"user_id", json_from(message.user_id)},
          {"content_type", json_from(message.content_type)},
          {"content_encoding", json_from(message.content_encoding)},
          {"expiry_time_utc", json_from(message.expiry_time_utc)},
          {"ack", json_from(message.ack)},
          {"custom_properties", properties}};
}

}  // namespace azure::iot::device
