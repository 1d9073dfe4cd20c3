// Signing and base64 with mbedTLS.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace azure::iot::device::simulator {

std::string base64_encode(std::string_view bytes);

// Nothing when the text is no base64.
std::optional<std::string> base64_decode(std::string_view text);

std::string hmac_sha256(std::string_view key, std::string_view text);

// In lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

// From the operating system's generator.
std::string random_bytes(std::size_t count);

// Compares in a time that depends on the lengths alone.
bool equal_secrets(std::string_view a, std::string_view b);

}  // namespace azure::iot::device::simulator
