#pragma once

#include <cstddef>
#include <exception>
#include <string>
#include <string_view>

// Prepares text from a peer, another library or the application for errors and logs. Escapes
// control characters, line separators, characters that reverse the direction of text, and bytes
// that are not UTF-8 ("\n", "\x1b", "\u202e"). A long text is truncated.
namespace azure::iot::device {

inline constexpr std::size_t kLongestQuote = 200;
inline constexpr std::size_t kLongestSentence = 1000;

// Adds quotation marks: `"abc"`. Shows at most the first `longest` bytes.
std::string quoted(std::string_view text, std::size_t longest = kLongestQuote);

// Adds no quotation marks, for sentences of other code: the text of an exception, a certificate's
// subject. A text with nothing to escape or truncate is returned unchanged.
std::string escaped(std::string_view text, std::size_t longest = kLongestSentence);

// The same for the text of an exception from other code, which may be empty.
std::string words_of(const std::exception& exception);

// Returns whether this is a control character of ASCII or Latin-1 (C0, DEL, C1).
constexpr bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0); }

}  // namespace azure::iot::device
