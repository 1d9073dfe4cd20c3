#include "pipeline/text/quoted.hpp"

#include <algorithm>

#include "pipeline/text/utf8.hpp"

namespace azure::iot::device {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

// Characters that end a line, hide text or reverse its direction.
bool is_deceptive(char32_t c) {
  return is_control(c) || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0x061C || c == 0xFEFF;
}

void append_hex(std::string& to, std::string_view prefix, unsigned value, int digits) {
  to += prefix;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) to += kHexDigits[value >> shift & 0xF];
}

void append_escape(std::string& to, char32_t c) {
  switch (c) {
    case '\n': to += "\\n"; break;
    case '\r': to += "\\r"; break;
    case '\t': to += "\\t"; break;
    default: c < 0x80 ? append_hex(to, "\\x", c, 2) : append_hex(to, "\\u", c, 4);
  }
}

// Returns the beginning of a text, not split within a character.
std::string_view beginning_of(std::string_view text, std::size_t longest) {
  if (text.size() <= longest) return text;
  std::size_t end = longest;
  const auto continues = [&] { return (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80; };
  while (end > 0 && longest - end < 3 && continues()) --end;
  return text.substr(0, continues() ? longest : end);
}

std::string show(std::string_view text, std::size_t longest, std::string_view mark) {
  const std::string_view shown = beginning_of(text, longest);
  std::string result(mark);
  result.reserve(shown.size() + 2 * mark.size());
  for (std::size_t at = 0; at < shown.size();) {
    const Utf8Step step = next_utf8(shown, at);
    const std::string_view bytes = shown.substr(at, step.length);
    at += step.length;
    if (!step.valid) {
      for (const char byte : bytes) append_hex(result, "\\x", static_cast<unsigned char>(byte), 2);
    } else if (is_deceptive(step.code_point)) {
      append_escape(result, step.code_point);
    } else {
      if (!mark.empty() && (bytes == "\"" || bytes == "\\")) result += '\\';
      result += bytes;
    }
  }
  if (mark.empty() && shown.size() < text.size()) result += "...";
  return result += mark;
}

}  // namespace

std::string quoted(std::string_view text, std::size_t longest) { return show(text, longest, "\""); }

std::string escaped(std::string_view text, std::size_t longest) { return show(text, longest, ""); }

std::string words_of(const std::exception& exception) {
  const char* const words = exception.what();
  return words && *words ? escaped(words) : "an exception without a text";
}

}  // namespace azure::iot::device
