#pragma once

#include <cstddef>
#include <exception>
#include <string>
#include <string_view>

// How errors and logs show text from outside: words of a peer, of another library, of the
// application. Control characters, line separators, characters that reverse the direction of text
// and bytes that are not UTF-8 appear as escapes ("\n", "\x1b", "\u202e"). A long text is cut.
namespace azure::iot::device {

inline constexpr std::size_t kLongestQuote = 200;
inline constexpr std::size_t kLongestSentence = 1000;

// In quotation marks: `"abc"`. Shows at most the first `longest` bytes.
std::string quoted(std::string_view text, std::size_t longest = kLongestQuote);

// Without quotation marks, for sentences of others: the text of an exception, a certificate's
// subject. A text without anything to escape or cut stays as it is.
std::string escaped(std::string_view text, std::size_t longest = kLongestSentence);

// The same of what an exception of other code says of itself, which may be nothing.
std::string words_of(const std::exception& exception);

// Whether this is a control character of ASCII or Latin-1 (C0, DEL, C1).
constexpr bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0); }

}  // namespace azure::iot::device
