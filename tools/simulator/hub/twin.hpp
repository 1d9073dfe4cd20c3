// A device twin: two JSON objects, each with a version that only grows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/json.hpp"

namespace azure::iot::device::simulator {

class Twin {
 public:
  enum class Section { desired, reported };

  Twin();

  // Merges a patch: null deletes, objects merge, all else replaces. Returns the section's new
  // version.
  std::int64_t patch(Section section, const JsonValue& patch);

  // Whether the section would stay within that many bytes after this patch. Counted are keys and
  // strings without their control characters, 8 for a number, 4 for a boolean.
  bool fits(Section section, const JsonValue& patch, std::int64_t max_bytes) const;

  // As a device reads it: {"desired":{...,"$version":1},"reported":{...,"$version":1}}.
  std::string document() const;

  // Restores the text that `document` returned; false if it cannot be read.
  bool restore(std::string_view document);

 private:
  struct Part {
    Part();
    Json values;
    std::int64_t version = 1;  // That of a new twin.
  };

  Part desired_;
  Part reported_;
};

// Returns the reason why the hub refuses a patch, or nothing. A patch must be an object; its keys
// must be short and free of control characters, `.`, `$` and blanks; it may nest ten deep; integers
// and strings are bounded.
std::optional<std::string> twin_patch_violation(const JsonValue& patch);

}  // namespace azure::iot::device::simulator
