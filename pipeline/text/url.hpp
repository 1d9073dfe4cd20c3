#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Percent-encoding, compatible with Python's urllib.parse.
namespace azure::iot::device::url {

// Letters, digits, "_.-~" and the characters in `safe` are kept; every other byte becomes %XX.
std::string quote(std::string_view text, std::string_view safe = {});
// The same with a plus sign for a blank.
std::string quote_plus(std::string_view text);

// The same as quote, appended.
void append_quoted(std::string& to, std::string_view text, std::string_view safe = {});
// The length of quote(text).
std::size_t quoted_size(std::string_view text);

// Decodes %XX. Other text is kept unchanged; bytes that are not UTF-8 become U+FFFD.
std::string unquote(std::string_view text);

}  // namespace azure::iot::device::url
