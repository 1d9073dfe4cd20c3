#include "pipeline/nucleus.hpp"

#include <cerrno>
#include <cmath>
#include <cstddef>
#include <cstdint>
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

namespace {

void fill_randomly(void* bytes, std::size_t count) {
  if (getrandom(bytes, count, 0) != static_cast<ssize_t>(count)) {
    throw std::system_error(errno, std::generic_category(), "getrandom");
  }
}

}  // namespace

double make_random() {
  std::uint64_t bits = 0;
  fill_randomly(&bits, sizeof bits);
  return std::ldexp(static_cast<double>(bits >> 11), -53);  // The 53 bits that a double holds.
}

std::string make_uuid() {
  unsigned char random[16];
  fill_randomly(random, sizeof random);
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
