#include "pipeline/auth/base64.hpp"

#include <algorithm>

#include <mbedtls/base64.h>

#include "pipeline/auth/wipe.hpp"

namespace azure::iot::device {
namespace {

// Returns the six bits that a character encodes; -1 if it is outside the alphabet.
int value_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  std::string bytes;
  // Large enough for the heap: moving a short string copies it, which would leave a copy of a
  // secret.
  constexpr std::size_t kNeverInPlace = 64;
  bytes.reserve(std::max(text.size(), kNeverInPlace));
  int in_group = 0;  // Characters of the current group of four.
  int padding = 0;
  int carried = 0;
  for (const char c : text) {
    if (c == '=') {
      if (in_group >= 2 && in_group + ++padding == 4) return bytes;
      continue;
    }
    const int value = value_of(c);
    if (value < 0) continue;
    padding = 0;
    switch (in_group) {
      case 0: break;
      case 1: bytes += static_cast<char>(carried << 2 | value >> 4); break;
      case 2: bytes += static_cast<char>(carried << 4 | value >> 2); break;
      default: bytes += static_cast<char>(carried << 6 | value); break;
    }
    carried = value & (in_group == 1 ? 0xF : in_group == 2 ? 0x3 : 0x3F);
    in_group = (in_group + 1) % 4;
  }
  if (in_group == 0) return bytes;
  wipe(bytes);
  return std::nullopt;
}

bool is_strict_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return false;
  if (text.ends_with('=')) text.remove_suffix(text.ends_with("==") ? 2 : 1);
  return std::all_of(text.begin(), text.end(), [](char c) { return value_of(c) >= 0; });
}

std::string encode_base64(std::string_view bytes) {
  // mbedTLS also writes a zero byte after the end.
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  std::size_t length = 0;
  mbedtls_base64_encode(reinterpret_cast<unsigned char*>(text.data()), text.size(), &length,
                        reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  text.resize(length);
  return text;
}

}  // namespace azure::iot::device
