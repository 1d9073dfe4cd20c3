#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace azure::iot::device {

// The text without blanks at either end (Python: str.strip).
constexpr std::string_view strip(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n\v\f\r\x1c\x1d\x1e\x1f";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Takes the part before the next separator off the text. A loop
//   for (bool more = true; more;) { auto part = take_part(rest, '/', more); ... }
// sees every part, as Python's str.split does: also empty ones, and one even if the text is empty.
constexpr std::string_view take_part(std::string_view& rest, char separator, bool& more) {
  const std::size_t end = rest.find(separator);
  more = end != std::string_view::npos;
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(more ? end + 1 : rest.size());
  return part;
}

// The part between separators, counted from 0; nothing if there are fewer.
constexpr std::optional<std::string_view> nth_part(std::string_view text, char separator,
                                                   std::size_t index) {
  for (bool more = true; more; --index) {
    const std::string_view part = take_part(text, separator, more);
    if (index == 0) return part;
  }
  return std::nullopt;
}

}  // namespace azure::iot::device
