#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace azure::iot::device {

// Decodes as Python's base64.b64decode: characters outside the alphabet are skipped, text after the
// padding is ignored, and missing padding is an error. Leaves no copy of the decoded bytes in
// memory.
std::optional<std::string> decode_base64(std::string_view text);

// Returns whether the text is base64 only, with its padding, and encodes at least one byte.
bool is_strict_base64(std::string_view text);

// Encodes in one line, with padding.
std::string encode_base64(std::string_view bytes);

}  // namespace azure::iot::device
