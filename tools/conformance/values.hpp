#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pipeline/error.hpp"
#include "pipeline/json/json.hpp"

// Values as they stand in a trace: text is a JSON string, bytes are {"b64": "..."}.
namespace azure::iot::device::conformance {

// Converts text or bytes to the string that a C++ operation holds. Python lets an operation carry
// other values, too, through stages that do not look at them: null becomes empty, anything else its
// JSON text.
std::string to_bytes(const Json& value);
// The reverse: a JSON string if it can hold the bytes, else {"b64": ...}.
Json to_value(std::string_view bytes);

// Whether two values are equivalent: bytes and text by content, JSON inside of them as JSON; null
// and empty are equivalent.
bool same_value(const Json& expected, const Json& actual);

// Converts errors. An exception of the surroundings in Python (ValueError, TypeError with a
// message) is `Errc::user_stage` here.
Error to_error(const Json& error);
// Null if there is none.
Json to_json(const Error& error);

// Whether an error is the recorded one. The type has to match, and the causes as far as the trace
// has them; the text only if `from_outside` (the driver made the text, not a stage). An internal
// error of Python's stage ("internal") matches any of those with which a stage here rejects
// content.
bool same_error(const Json& expected, const Json& actual, bool from_outside);
bool is_internal_error(const Json& error);

// The text of a member, nothing if it is absent or null; and the value of such a text.
std::optional<std::string> optional_text(const Json& fields, std::string_view name);
Json optional_value(const std::optional<std::string>& value);

}  // namespace azure::iot::device::conformance
