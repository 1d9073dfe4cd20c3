#pragma once

#include <cstdint>
#include <string_view>

#include "../result.hpp"

namespace azure::iot::device {

// Parses a whole number in a text from a peer: a status, an expiry, a retry-after. Accepts the same
// as Python's int(): surrounding blanks, a sign, single underscores between digits. Any other text,
// and a number of more than 64 bits, is Errc::bad_content.
Result<std::int64_t> parse_decimal(std::string_view text);

// The same for times: a number of more than 64 bits becomes the largest or smallest that fits.
Result<std::int64_t> parse_saturating_decimal(std::string_view text);

}  // namespace azure::iot::device
