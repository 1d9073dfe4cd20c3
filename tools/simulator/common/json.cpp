#include "common/json.hpp"

#include <algorithm>

// See json.hpp.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((no_sanitize("pointer-overflow"))), apply_to = function)
#endif
#include <rapidjson/encodedstream.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#if defined(__clang__)
#pragma clang attribute pop
#endif

namespace azure::iot::device::simulator {

namespace {

// Brackets outside of strings. Text that is no JSON may give any number; the parser refuses it
// later.
int depth_of(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return deepest;
}

rapidjson::SizeType size_of(std::string_view text) {
  return static_cast<rapidjson::SizeType>(text.size());
}

}  // namespace

std::optional<Json> parse_json(std::string_view text, int max_depth) {
  if (depth_of(text) > max_depth) return std::nullopt;
  // RapidJSON takes a zero byte for the end. No JSON has one.
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  Json document;
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag |
                              rapidjson::kParseValidateEncodingFlag |
                              rapidjson::kParseFullPrecisionFlag;
  document.Parse<kFlags>(text.empty() ? "" : text.data(), text.size());
  if (document.HasParseError()) return std::nullopt;
  return document;
}

std::string to_text(const JsonValue& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

bool is_utf8(std::string_view text) {
  if (text.empty()) return true;
  rapidjson::MemoryStream input(text.data(), text.size());
  rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> stream(input);
  // The decoder reads a zero byte both at the end and for a zero in the text.
  while (stream.Tell() < text.size()) {
    unsigned codepoint = 0;
    if (!rapidjson::UTF8<>::Decode(stream, &codepoint)) return false;
  }
  return stream.Tell() == text.size();
}

std::string string_member(const JsonValue& object, const char* name, std::string_view fallback) {
  if (!object.IsObject()) return std::string(fallback);
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd() || !member->value.IsString()) return std::string(fallback);
  return {member->value.GetString(), member->value.GetStringLength()};
}

std::int64_t integer_member(const JsonValue& object, const char* name, std::int64_t fallback) {
  if (!object.IsObject()) return fallback;
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd() || !member->value.IsInt64()) return fallback;
  return member->value.GetInt64();
}

JsonValue JsonObject::name_of(std::string_view name) {
  return JsonValue(name.data(), size_of(name), document_.GetAllocator());
}

JsonObject& JsonObject::add(std::string_view name, std::string_view text) {
  // RapidJSON takes no null pointer, not even for nothing.
  JsonValue value(text.empty() ? "" : text.data(), size_of(text), document_.GetAllocator());
  document_.AddMember(name_of(name), value, document_.GetAllocator());
  return *this;
}

JsonObject& JsonObject::add(std::string_view name, std::int64_t number) {
  document_.AddMember(name_of(name), JsonValue(number), document_.GetAllocator());
  return *this;
}

JsonObject& JsonObject::add(std::string_view name, bool flag) {
  document_.AddMember(name_of(name), JsonValue(flag), document_.GetAllocator());
  return *this;
}

JsonObject& JsonObject::add(std::string_view name, const JsonValue& value) {
  document_.AddMember(name_of(name), JsonValue(value, document_.GetAllocator()),
                      document_.GetAllocator());
  return *this;
}

JsonObject& JsonObject::add(std::string_view name, JsonObject&& object) {
  return add(name, static_cast<const JsonValue&>(object.value()));
}

JsonObject& JsonObject::add_null(std::string_view name) {
  document_.AddMember(name_of(name), JsonValue(), document_.GetAllocator());
  return *this;
}

}  // namespace azure::iot::device::simulator
