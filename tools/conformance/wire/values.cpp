#include "tools/conformance/wire/values.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "pipeline/auth/base64.hpp"
#include "pipeline/text/utf8.hpp"
#include "tools/conformance/message_fields.hpp"
#include "tools/conformance/wire/vector.hpp"

namespace azure::iot::device::conformance::wire {
namespace {

constexpr std::string_view kInterfaceId = "interface_id";

std::string repeated(std::string_view piece, const Json& count) {
  std::string text;
  for (std::int64_t i = 0; i < count.as_int(); ++i) text += piece;
  return text;
}

// A lone surrogate is no character, yet Python's text may hold one. Here it becomes the three bytes
// that its number would have in UTF-8.
std::string unescape_surrogates(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    if (!text.starts_with("\\u")) {
      bytes += text.front();
      text.remove_prefix(1);
      continue;
    }
    const auto unit = std::stoul(std::string(text.substr(2, 4)), nullptr, 16);
    bytes += static_cast<char>(0xe0 | unit >> 12);
    bytes += static_cast<char>(0x80 | (unit >> 6 & 0x3f));
    bytes += static_cast<char>(0x80 | (unit & 0x3f));
    text.remove_prefix(6);
  }
  return bytes;
}

std::string decode(const Json& value) {
  auto bytes = decode_base64(value.as_string());
  if (!bytes) throw std::invalid_argument("b64: not base64");
  return *std::move(bytes);
}

std::string to_bytes(const Json& value) {
  if (const Json* bytes = value.find("b64")) return decode(*bytes);
  if (const Json* bytes = value.find("bytearray_b64")) return decode(*bytes);
  if (const Json* byte = value.find("repeat_byte")) {
    const std::string piece =
        byte->is_string() ? byte->as_string() : std::string(1, static_cast<char>(byte->as_int()));
    return repeated(piece, value["count"]);
  }
  return to_text("data", value);
}

Json to_json(const std::optional<std::string>& text) { return text ? Json(*text) : Json(); }

// Whether it is a value of one of Python's types, instead of an object with members of its own.
bool is_typed(const Json& value) {
  constexpr std::array<std::string_view, 9> kTypes{"text",   "b64",         "bytearray_b64",
                                                   "repeat", "repeat_byte", "datetime",
                                                   "date",   "json",        "surrogate_escape"};
  return value.is_object() && std::any_of(kTypes.begin(), kTypes.end(), [&](std::string_view type) {
           return value.contains(type);
         });
}

}  // namespace

std::string to_text(const std::string& what, const Json& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_object()) {
    if (const Json* text = value.find("text")) return text->as_string();
    if (const Json* time = value.find("datetime")) return time->as_string();
    if (const Json* date = value.find("date")) return date->as_string();
    if (const Json* piece = value.find("repeat")) {
      return repeated(piece->as_string(), value["count"]);
    }
    if (const Json* text = value.find("surrogate_escape")) {
      return unescape_surrogates(text->as_string());
    }
  }
  throw CompileTimeRefusal(what, value);
}

int to_int(const std::string& what, const Json& value) {
  if (const auto number = value.get_if<int>()) return *number;
  throw CompileTimeRefusal(what, value);
}

bool to_bool(const std::string& what, const Json& value) {
  if (const auto truth = value.get_if<bool>()) return *truth;
  throw CompileTimeRefusal(what, value);
}

std::chrono::seconds to_seconds(const std::string& what, const Json& value) {
  if (const auto count = value.get_if<std::int64_t>()) return std::chrono::seconds(*count);
  throw CompileTimeRefusal(what, value);
}

Cipher to_cipher(const std::string& what, const Json& value) {
  if (!value.is_array()) return to_text(what, value);
  std::string list;
  const char* separator = "";
  for (const Json& name : value.elements()) {
    list.append(separator).append(to_text(what, name));
    separator = ":";  // As a list of names is joined.
  }
  return list;
}

Json to_document(const std::string& what, const Json& value) {
  if (!value.is_object() || (value.size() > 1 && !value.contains("count"))) return value;
  if (const Json* json = value.find("json")) return *json;
  for (const char* type : {"b64", "bytearray_b64", "repeat_byte", "datetime", "date"}) {
    if (value.contains(type)) throw CompileTimeRefusal(what, value);
  }
  return is_typed(value) ? Json(to_text(what, value)) : value;
}

Message to_message(const Json& value) {
  if (!value.is_object() || is_typed(value)) return {.data = to_bytes(value)};
  Message message;
  if (const Json* data = value.find("data")) message.data = to_bytes(*data);
  for (const auto& [name, field] : kMessageFields) {
    if (const Json* text = value.find(name); text && !text->is_null()) {
      message.*field = to_text(std::string(name), *text);
    }
  }
  if (member(value, "security_message").get_if<bool>().value_or(false)) {
    message.set_as_security_message();
  }
  if (const Json* properties = value.find("custom_properties")) {
    for (const Json& property : properties->elements()) {
      auto& text = message.custom_properties[to_text("the name of a custom property", property[0])];
      if (!property[1].is_null()) text = to_text("a custom property", property[1]);
    }
  }
  return message;
}

Json describe(const Message& message) {
  Json json{{"data_b64", encode_base64(message.data)}};
  if (find_invalid_utf8(message.data) == std::string_view::npos) {
    json.set("data_text", message.data);
  }
  for (const auto& [name, field] : kMessageFields) json.set(name, to_json(message.*field));
  json.set(kInterfaceId, to_json(message.iothub_interface_id));
  Json properties = Json::array();
  for (const auto& [name, value] : message.custom_properties) {
    properties.push_back(Json::array({name, to_json(value)}));
  }
  json.set("custom_properties", std::move(properties));
  return json;
}

Json describe(const MethodRequest& request) {
  return {{"request_id", request.request_id}, {"name", request.name}, {"payload", request.payload}};
}

Json describe(const RegistrationResult& result) {
  Json state;
  if (const auto& from = result.registration_state) {
    state = {{"device_id", to_json(from->device_id)},
             {"assigned_hub", to_json(from->assigned_hub)},
             {"sub_status", to_json(from->sub_status)},
             {"created_date_time", to_json(from->created_date_time)},
             {"last_update_date_time", to_json(from->last_update_date_time)},
             {"etag", to_json(from->etag)},
             {"response_payload", from->response_payload.dump_sorted()}};
  }
  return {{"operation_id", to_json(result.operation_id)},
          {"status", result.status},
          {"registration_state", std::move(state)}};
}

bool same_document(const Json& recorded, const Json& actual) {
  if (recorded == actual) return true;
  if (recorded.is_array() && actual.is_array() && recorded.size() == actual.size()) {
    for (std::size_t i = 0; i < recorded.size(); ++i) {
      if (!same_document(recorded[i], actual[i])) return false;
    }
    return true;
  }
  if (!recorded.is_object()) return false;
  if (const Json* number = recorded.find("float"); number && recorded.size() == 1) {
    return actual.is_number() && actual.dump() == number->as_string();
  }
  if (!actual.is_object() || recorded.size() != actual.size()) return false;
  for (const JsonMember& each : recorded.members()) {
    const Json* other = actual.find(each.name);
    if (!other || !same_document(each.value, *other)) return false;
  }
  return true;
}

}  // namespace azure::iot::device::conformance::wire
