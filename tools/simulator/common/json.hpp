// JSON as the simulator reads and writes it: RapidJSON, without recursion while parsing and with a
// bound on depth, since everything that prints or merges afterwards recurses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// As in pipeline/json/json_parse.cpp: RapidJSON's empty stack adds to a null pointer before it
// looks whether it has memory, which the sanitizer of clang reports.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((no_sanitize("pointer-overflow"))), apply_to = function)
#endif
#include <rapidjson/document.h>
#if defined(__clang__)
#pragma clang attribute pop
#endif

namespace azure::iot::device::simulator {

using Json = rapidjson::Document;
using JsonValue = rapidjson::Value;

// The greatest depth that devices and services may send, and the same wrapped into requests,
// answers and events.
inline constexpr int kMaxBodyDepth = 256;
inline constexpr int kMaxJsonDepth = kMaxBodyDepth + 16;

// Nothing when the text is no JSON, is not UTF-8, or nests deeper than `max_depth`.
std::optional<Json> parse_json(std::string_view text, int max_depth = kMaxJsonDepth);

std::string to_text(const JsonValue& value);

bool is_utf8(std::string_view text);

// A member's value, or the default when it is absent or of another type.
std::string string_member(const JsonValue& object, const char* name,
                          std::string_view fallback = {});
std::int64_t integer_member(const JsonValue& object, const char* name, std::int64_t fallback);

// Builds one JSON object, member by member, in the order of the calls.
class JsonObject {
 public:
  JsonObject() { document_.SetObject(); }

  JsonObject& add(std::string_view name, std::string_view text);
  JsonObject& add(std::string_view name, const std::string& text) {
    return add(name, std::string_view(text));
  }
  JsonObject& add(std::string_view name, const char* text) {
    return add(name, std::string_view(text));
  }
  JsonObject& add(std::string_view name, std::int64_t number);
  JsonObject& add(std::string_view name, int number) {
    return add(name, static_cast<std::int64_t>(number));
  }
  JsonObject& add(std::string_view name, bool flag);
  JsonObject& add(std::string_view name, const JsonValue& value);
  JsonObject& add(std::string_view name, JsonObject&& object);
  JsonObject& add_null(std::string_view name);

  const Json& value() const { return document_; }
  std::string text() const { return to_text(document_); }

 private:
  JsonValue name_of(std::string_view name);

  Json document_;
};

}  // namespace azure::iot::device::simulator
