#pragma once

#include <string>
#include <string_view>

#include "json/json.hpp"

namespace azure::iot::device {

// Returns the explanation that a service adds to an error status, to be appended to a sentence: `:
// 401002, "Unauthorized", tracking id "x"`. Empty if there is none. The texts are quoted
// (text/quoted.hpp).
std::string reason_in(const Json& said, std::string_view message_name = "message");

}  // namespace azure::iot::device
