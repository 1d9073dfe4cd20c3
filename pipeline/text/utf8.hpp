#pragma once

#include <cstddef>
#include <string_view>

namespace azure::iot::device {

// A step through a text: a code point, or bytes that are not UTF-8.
struct Utf8Step {
  char32_t code_point;  // Meaningless if not valid.
  std::size_t length;   // Of the sequence, or of the bytes to replace with one U+FFFD.
  bool valid;
};

// Reads the sequence that begins at `at`, which must be within the text. Overlong forms, surrogates
// and code points beyond U+10FFFF are invalid. The length of an invalid sequence is the Unicode
// standard's "maximal subpart", as in Python's decoder.
Utf8Step next_utf8(std::string_view text, std::size_t at);

// Returns the position of the first byte that is not UTF-8; npos if there is none.
std::size_t find_invalid_utf8(std::string_view text);

}  // namespace azure::iot::device
