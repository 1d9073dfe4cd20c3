#include "pipeline/nucleus.hpp"

#include <cerrno>
#include <system_error>

#include <sys/random.h>

namespace azure::iot::device {

std::string_view to_string(ConnectionState state) {
  switch (state) {
    case ConnectionState::disconnected: return "disconnected";
    case ConnectionState::connecting: return "connecting";
    case ConnectionState::connected: return "connected";
    case ConnectionState::disconnecting: return "disconnecting";
    case ConnectionState::reauthorizing: return "reauthorizing";
  }
  return "unknown";
}

std::string make_uuid() {
  unsigned char random[16];
  if (getrandom(random, sizeof random, 0) != static_cast<ssize_t>(sizeof random)) {
    throw std::system_error(errno, std::generic_category(), "getrandom");
  }
  random[6] = static_cast<unsigned char>((random[6] & 0x0f) | 0x40);  // RFC 4122: version 4,
  random[8] = static_cast<unsigned char>((random[8] & 0x3f) | 0x80);  // variant 1.
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kHex[random[i] >> 4];
    text += kHex[random[i] & 0xf];
  }
  return text;
}

}  // namespace azure::iot::device
