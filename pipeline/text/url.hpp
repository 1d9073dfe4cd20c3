#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Percent-encoding as Python's urllib.parse has it.
namespace azure::iot::device::url {

// Letters, digits and "_.-~" stand as they are, as does what is listed as safe; every other byte
// becomes %XX.
std::string quote(std::string_view text, std::string_view safe = {});
// The same with a plus sign for a blank.
std::string quote_plus(std::string_view text);

// The same as quote, appended.
void append_quoted(std::string& to, std::string_view text, std::string_view safe = {});
// The length of quote(text).
std::size_t quoted_size(std::string_view text);

// Decodes %XX. What is no such sequence stays as it is; what is no UTF-8 becomes U+FFFD.
std::string unquote(std::string_view text);

}  // namespace azure::iot::device::url
