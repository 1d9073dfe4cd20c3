#pragma once

#include <string>
#include <string_view>

#include "../pipeline/error.hpp"
#include "../pipeline/json/json.hpp"

namespace azure::iot::device {

// Describes a value in the place of a text: its beginning; of a list or an object only its kind.
std::string quote_part(const Json& part);

// Returns an Errc::bad_content error: `why`, and as much of the body, or of the part that is wrong,
// as shows whose answer it is.
Error unreadable_answer(const std::string& why, std::string_view text);
Error unreadable_part(const std::string& why, const Json& part);

}  // namespace azure::iot::device
