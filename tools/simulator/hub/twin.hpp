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

  // Merges a patch: null deletes, objects merge, all else replaces. Gives the section's new
  // version.
  std::int64_t patch(Section section, const JsonValue& patch);

  // Whether the section would hold no more than so many bytes after this patch: those of its keys
  // and strings without control characters, 8 for a number, 4 for a boolean.
  bool fits(Section section, const JsonValue& patch, std::int64_t max_bytes) const;

  // As a device reads it: {"desired":{...,"$version":1},"reported":{...,"$version":1}}.
  std::string document() const;

  // Takes over what `document` wrote; false when it cannot be read.
  bool restore(std::string_view document);

 private:
  struct Part {
    Part();
    Json values;
    std::int64_t version = 1;  // As a twin that was just created.
  };

  Part desired_;
  Part reported_;
};

// Why the hub refuses a patch, or nothing: it must be an object, its keys must be short and free of
// control characters, `.`, `$` and blanks, it may nest ten deep, and integers and strings are
// bounded.
std::optional<std::string> twin_patch_violation(const JsonValue& patch);

}  // namespace azure::iot::device::simulator
