#pragma once

#include <string>
#include <string_view>

#include "../pipeline/error.hpp"
#include "../pipeline/json/json.hpp"

namespace azure::iot::device {

// What came in the place of a text: its beginning. Of a list or an object only that it is one.
std::string quote_part(const Json& part);

// An Errc::bad_content error: `why`, and of the body, or of the part that is wrong, as much as
// shows whose answer it is.
Error unreadable_answer(const std::string& why, std::string_view text);
Error unreadable_part(const std::string& why, const Json& part);

}  // namespace azure::iot::device
