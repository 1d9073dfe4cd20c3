#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace azure::iot::device {

// Decodes as Python's base64.b64decode: what is no base64 character is skipped, what follows the
// padding is ignored, and missing padding is an error. Leaves no copy of what it decodes.
std::optional<std::string> decode_base64(std::string_view text);

// Whether it is base64 and nothing else, with its padding, and stands for at least one byte.
bool is_strict_base64(std::string_view text);

// One line, with padding.
std::string encode_base64(std::string_view bytes);

}  // namespace azure::iot::device
