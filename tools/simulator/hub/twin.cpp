#include "hub/twin.hpp"

#include <algorithm>
#include <cstdlib>

namespace azure::iot::device::simulator {

namespace {

using Allocator = Json::AllocatorType;

constexpr int kMaxDepth = 10;  // Objects, one inside the other, below the patch.
constexpr int kMaxNesting = 256;
constexpr std::size_t kMaxKeyBytes = 1024;
constexpr std::size_t kMaxStringBytes = 4096;
constexpr std::int64_t kMaxInteger = 4503599627370496;

// Fills `result` with `old` under `patch`. Null members vanish at every depth.
void merge(const JsonValue* old, const JsonValue& patch, JsonValue& result, Allocator& allocator) {
  result.SetObject();
  if (old != nullptr && old->IsObject()) {
    for (const auto& member : old->GetObject()) {
      if (patch.HasMember(member.name)) continue;
      result.AddMember(JsonValue(member.name, allocator), JsonValue(member.value, allocator),
                       allocator);
    }
  }
  for (const auto& member : patch.GetObject()) {
    // The last of equal keys wins.
    result.RemoveMember(member.name);
    if (member.value.IsNull()) continue;
    JsonValue value;
    if (member.value.IsObject()) {
      const JsonValue* below = nullptr;
      if (old != nullptr && old->IsObject() && old->HasMember(member.name)) {
        below = &(*old)[member.name];
      }
      merge(below, member.value, value, allocator);
    } else {
      value.CopyFrom(member.value, allocator);
    }
    result.AddMember(JsonValue(member.name, allocator), value, allocator);
  }
}

std::optional<std::string> key_violation(std::string_view key) {
  if (key.empty()) return "a key is empty";
  if (key.size() > kMaxKeyBytes) return "a key is longer than 1 KB";
  for (std::size_t i = 0; i < key.size(); ++i) {
    const auto byte = static_cast<unsigned char>(key[i]);
    // C1 control characters are C2 80 to C2 9F in UTF-8.
    const bool c1 =
        byte == 0xC2 && i + 1 < key.size() && static_cast<unsigned char>(key[i + 1]) < 0xA0;
    if (byte < 0x20 || c1 || key[i] == '.' || key[i] == '$' || key[i] == ' ') {
      return "a key contains a control character, '.', '$' or a blank";
    }
  }
  return std::nullopt;
}

std::optional<std::string> value_violation(const JsonValue& value, int objects, int nesting) {
  if (nesting > kMaxNesting || (value.IsObject() && objects > kMaxDepth)) {
    return "it nests deeper than 10";
  }
  if (value.IsString() && value.GetStringLength() > kMaxStringBytes) {
    return "a string is longer than 4 KB";
  }
  // The smallest integer has no absolute value.
  const bool fits =
      value.IsInt64() && value.GetInt64() >= -kMaxInteger && value.GetInt64() <= kMaxInteger;
  if ((value.IsInt64() || value.IsUint64()) && !fits) {
    return "an integer is out of range";
  }
  if (value.IsArray()) {
    for (const auto& element : value.GetArray()) {
      if (auto violation = value_violation(element, objects, nesting + 1)) return violation;
    }
  }
  if (value.IsObject()) {
    for (const auto& member : value.GetObject()) {
      const std::string_view key(member.name.GetString(), member.name.GetStringLength());
      if (auto violation = key_violation(key)) return violation;
      if (auto violation = value_violation(member.value, objects + 1, nesting + 1)) {
        return violation;
      }
    }
  }
  return std::nullopt;
}

std::int64_t size_of_text(const JsonValue& text) {
  const std::string_view bytes(text.GetString(), text.GetStringLength());
  return std::count_if(bytes.begin(), bytes.end(),
                       [](char c) { return static_cast<unsigned char>(c) >= 0x20; });
}

std::int64_t size_of(const JsonValue& value) {
  if (value.IsString()) return size_of_text(value);
  if (value.IsNumber()) return 8;
  if (value.IsBool()) return 4;
  std::int64_t size = 0;
  if (value.IsArray()) {
    for (const auto& element : value.GetArray()) size += size_of(element);
  }
  if (value.IsObject()) {
    for (const auto& member : value.GetObject()) {
      size += size_of_text(member.name) + size_of(member.value);
    }
  }
  return size;
}

}  // namespace

Twin::Part::Part() { values.SetObject(); }

Twin::Twin() = default;

std::int64_t Twin::patch(Section section, const JsonValue& patch) {
  Part& part = section == Section::desired ? desired_ : reported_;
  // Copies into a fresh document, since RapidJSON's pool never releases replaced values.
  Json merged;
  merge(&part.values, patch, merged, merged.GetAllocator());
  part.values.Swap(merged);
  return ++part.version;
}

bool Twin::fits(Section section, const JsonValue& patch, std::int64_t max_bytes) const {
  Json merged;
  merge(&(section == Section::desired ? desired_ : reported_).values, patch, merged,
        merged.GetAllocator());
  return size_of(merged) <= max_bytes;
}

std::string Twin::document() const {
  JsonObject twin;
  for (const auto& [name, part] : {std::pair{"desired", &desired_}, {"reported", &reported_}}) {
    JsonObject section;
    for (const auto& member : part->values.GetObject()) {
      section.add(std::string_view(member.name.GetString(), member.name.GetStringLength()),
                  member.value);
    }
    section.add("$version", part->version);
    twin.add(name, std::move(section));
  }
  return twin.text();
}

bool Twin::restore(std::string_view document) {
  auto twin = parse_json(document);
  if (!twin || !twin->IsObject()) return false;
  for (const auto& [name, part] : {std::pair{"desired", &desired_}, {"reported", &reported_}}) {
    if (!twin->HasMember(name) || !(*twin)[name].IsObject()) return false;
    JsonValue& section = (*twin)[name];
    part->version = integer_member(section, "$version", 1);
    section.RemoveMember("$version");
    Json values;
    values.CopyFrom(section, values.GetAllocator());
    part->values.Swap(values);
  }
  return true;
}

std::optional<std::string> twin_patch_violation(const JsonValue& patch) {
  if (!patch.IsObject()) return "it is no JSON object";
  return value_violation(patch, 0, 0);
}

}  // namespace azure::iot::device::simulator
