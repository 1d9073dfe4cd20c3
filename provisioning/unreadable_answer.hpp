#pragma once

#include <string>
#include <string_view>

#include "../pipeline/error.hpp"
#include "../pipeline/json/json.hpp"

namespace azure::iot::device {

// An Errc::bad_content error: `why`, and of the body, or of the part that is wrong, as much as
// shows whose answer it is. Of a list or an object it says only that it is one.
Error unreadable_answer(const std::string& why, std::string_view text);
Error unreadable_part(const std::string& why, const Json& part);

}  // namespace azure::iot::device
