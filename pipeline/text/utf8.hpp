#pragma once

#include <cstddef>
#include <string_view>

namespace azure::iot::device {

// What stands at a place in a text: a code point, or bytes that are no UTF-8.
struct Utf8Step {
  char32_t code_point;  // Meaningless if not valid.
  std::size_t length;   // Of the sequence, or of what is to be replaced by one U+FFFD.
  bool valid;
};

// Reads the sequence that begins at `at`, which lies within the text. Too long forms, surrogates
// and what lies beyond U+10FFFF are not valid. The length of what is not follows the Unicode
// standard's "maximal subpart", as Python's decoder does.
Utf8Step next_utf8(std::string_view text, std::size_t at);

// Where the first byte stands that is no UTF-8; npos if there is none.
std::size_t find_invalid_utf8(std::string_view text);

}  // namespace azure::iot::device
