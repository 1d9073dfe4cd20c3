#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace azure::iot::device {

// Unicode's white space, and the separators of ASCII.
constexpr std::array<std::string_view, 29> kBlanks{
    " ",      "\t",     "\n",       "\v",     "\f",     "\r",     "\x1c",   "\x1d",
    "\x1e",   "\x1f",   "\xc2\x85", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002",
    "\u2003", "\u2004", "\u2005",   "\u2006", "\u2007", "\u2008", "\u2009", "\u200a",
    "\u2028", "\u2029", "\u202f",   "\u205f", "\u3000"};

// Returns the text, which is UTF-8, without blanks at either end (Python: str.strip).
constexpr std::string_view strip(std::string_view text) {
  for (bool more = true; more;) {
    more = false;
    for (const std::string_view blank : kBlanks) {
      if (text.starts_with(blank)) {
        text.remove_prefix(blank.size());
        more = true;
      } else if (text.ends_with(blank)) {
        text.remove_suffix(blank.size());
        more = true;
      }
    }
  }
  return text;
}

// Removes the part before the next separator from the text, and returns it. A loop
//   for (bool more = true; more;) { auto part = take_part(rest, '/', more); ... }
// yields every part, as Python's str.split does: also empty ones, and one part for an empty text.
constexpr std::string_view take_part(std::string_view& rest, char separator, bool& more) {
  const std::size_t end = rest.find(separator);
  more = end != std::string_view::npos;
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(more ? end + 1 : rest.size());
  return part;
}

// Returns the part at that index, counted from 0; nothing if there are fewer.
constexpr std::optional<std::string_view> nth_part(std::string_view text, char separator,
                                                   std::size_t index) {
  for (bool more = true; more; --index) {
    const std::string_view part = take_part(text, separator, more);
    if (index == 0) return part;
  }
  return std::nullopt;
}

}  // namespace azure::iot::device
