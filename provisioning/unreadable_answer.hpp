#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "../pipeline/error.hpp"
#include "../pipeline/json/json.hpp"

// What an error shows of what the service sent: never all of it, which may be long, and not ours to
// tell.
namespace azure::iot::device {

// In quotation marks, so many bytes at most, and those up to the first that is no UTF-8.
std::string quote_beginning(std::string_view text, std::size_t longest);

// An Errc::bad_content error: `why`, and of the body, or of the part that is wrong, as much as
// shows whose answer it is. Of a list or an object it says only that it is one.
Error unreadable_answer(const std::string& why, std::string_view text);
Error unreadable_part(const std::string& why, const Json& part);

}  // namespace azure::iot::device
