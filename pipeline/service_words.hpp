#pragma once

#include <string>
#include <string_view>

#include "json/json.hpp"

namespace azure::iot::device {

// The words of a service about an error beside its status: `: 401002, "Unauthorized", tracking id
// "x"`, to follow a sentence; empty if there are none. The texts are quoted (text/quoted.hpp).
std::string reason_in(const Json& said, std::string_view message_name = "message");

}  // namespace azure::iot::device
