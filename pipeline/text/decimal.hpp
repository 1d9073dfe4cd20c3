#pragma once

#include <cstdint>
#include <string_view>

#include "../result.hpp"

namespace azure::iot::device {

// The whole number that a text from a peer stands for: a status, an expiry, a retry-after. Takes
// what Python's int() takes: blanks around, a sign, single underscores between digits. Anything
// else, and what needs more than 64 bits, is Errc::bad_content.
Result<std::int64_t> parse_decimal(std::string_view text);

// The same for times: a number that needs more than 64 bits is the largest, or smallest, that does
// not.
Result<std::int64_t> parse_saturating_decimal(std::string_view text);

}  // namespace azure::iot::device
