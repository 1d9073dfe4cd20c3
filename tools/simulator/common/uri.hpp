// Percent-encoding and the property bags that end a topic.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace azure::iot::device::simulator {

// Encodes all but letters, digits and `-_.~`.
std::string percent_encode(std::string_view text);

// A `%` that does not begin an escape stands for itself, as the hub reads it.
std::string percent_decode(std::string_view text);

// `key` has no value and `key=` an empty one; the hub distinguishes them.
using Properties = std::vector<std::pair<std::string, std::optional<std::string>>>;

// `a=1&b&%24.mid=x`, in order; empty pieces are skipped.
Properties parse_properties(std::string_view bag);
std::string encode_properties(const Properties& properties);

// The raw (still encoded) value of `key` in `key=value&...`, if it is there.
std::optional<std::string> query_value(std::string_view query, std::string_view key);

// The start of `text` up to `mark`, which is removed from `text` with it; the whole when there is
// none.
std::string_view take_until(std::string_view& text, char mark);

bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace azure::iot::device::simulator
