#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "json/json.hpp"

// What an error shows of the words of a service: of what came from far away never all, since it may
// be long, and always in quotation marks.
namespace azure::iot::device {

// In quotation marks, so many bytes at most, and those up to the first that is no UTF-8.
inline constexpr std::size_t kLongestQuote = 200;
std::string quote_beginning(std::string_view text, std::size_t longest = kLongestQuote);

// What a service says of an error beside its status: `: 401002, "Unauthorized", tracking id "x"`,
// to go behind a sentence; empty if it says nothing.
std::string reason_in(const Json& said, std::string_view message_name = "message");

}  // namespace azure::iot::device
