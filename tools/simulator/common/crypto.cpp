#include "common/crypto.hpp"

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include <mbedtls/base64.h>
#include <mbedtls/md.h>
#include <sys/random.h>

namespace azure::iot::device::simulator {

namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

std::string base64_encode(std::string_view bytes) {
  // mbedTLS wants room for a closing zero as well.
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  std::size_t length = 0;
  mbedtls_base64_encode(bytes_of(text), text.size(), &length, bytes_of(bytes), bytes.size());
  text.resize(length);
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  std::string bytes(text.size(), '\0');
  std::size_t length = 0;
  if (mbedtls_base64_decode(bytes_of(bytes), bytes.size(), &length, bytes_of(text), text.size()) !=
      0) {
    return std::nullopt;
  }
  bytes.resize(length);
  return bytes;
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::string mac(32, '\0');
  if (mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), bytes_of(key), key.size(),
                      bytes_of(text), text.size(), bytes_of(mac)) != 0) {
    throw std::runtime_error("mbedTLS could not compute an HMAC-SHA256");
  }
  return mac;
}

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, 32> digest{};
  if (mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), bytes_of(bytes), bytes.size(),
                 digest.data()) != 0) {
    throw std::runtime_error("mbedTLS could not compute a SHA-256");
  }
  std::string text;
  for (const unsigned char byte : digest) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  std::size_t filled = 0;
  while (filled < count) {
    const auto got = getrandom(bytes.data() + filled, count - filled, 0);
    if (got < 0 && errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "getrandom");
    }
    if (got > 0) filled += static_cast<std::size_t>(got);
  }
  return bytes;
}

bool equal_secrets(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i] ^ b[i]));
  }
  return difference == 0;
}

}  // namespace azure::iot::device::simulator
