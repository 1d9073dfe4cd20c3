#include "pipeline/text/url.hpp"

#include <array>

#include "pipeline/text/utf8.hpp"

namespace azure::iot::device::url {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";
constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

constexpr auto kUnreserved = [] {
  std::array<bool, 256> table{};
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (const char c : {'_', '.', '-', '~'}) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

bool is_unreserved(char c) { return kUnreserved[static_cast<unsigned char>(c)]; }

void append_escaped(std::string& to, char c) {
  const unsigned byte = static_cast<unsigned char>(c);
  const char escaped[] = {'%', kHexDigits[byte >> 4], kHexDigits[byte & 0xF]};
  to.append(escaped, sizeof escaped);
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decode_escapes(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        bytes += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    bytes += text[i];
  }
  return bytes;
}

std::string replace_invalid_utf8(std::string_view bytes, std::size_t first_invalid) {
  std::string text(bytes.substr(0, first_invalid));
  for (std::size_t at = first_invalid; at < bytes.size();) {
    const Utf8Step step = next_utf8(bytes, at);
    text += step.valid ? bytes.substr(at, step.length) : kReplacementCharacter;
    at += step.length;
  }
  return text;
}

}  // namespace

std::string quote(std::string_view text, std::string_view safe) {
  std::string quoted;
  quoted.reserve(quoted_size(text));
  append_quoted(quoted, text, safe);
  return quoted;
}

std::string quote_plus(std::string_view text) {
  std::string quoted = quote(text, " ");
  for (char& c : quoted) {
    if (c == ' ') c = '+';
  }
  return quoted;
}

void append_quoted(std::string& to, std::string_view text, std::string_view safe) {
  std::size_t done = 0;  // Characters that are kept are appended in runs.
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_unreserved(text[i]) || safe.find(text[i]) != std::string_view::npos) continue;
    to.append(text, done, i - done);
    append_escaped(to, text[i]);
    done = i + 1;
  }
  to.append(text, done);
}

std::size_t quoted_size(std::string_view text) {
  std::size_t size = 0;
  for (const char c : text) size += is_unreserved(c) ? 1 : 3;
  return size;
}

std::string unquote(std::string_view text) {
  std::string bytes = decode_escapes(text);
  const std::size_t invalid = find_invalid_utf8(bytes);
  if (invalid == std::string::npos) return bytes;
  return replace_invalid_utf8(bytes, invalid);
}

}  // namespace azure::iot::device::url
