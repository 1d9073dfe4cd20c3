#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pipeline/error.hpp"
#include "pipeline/json/json.hpp"

// Values as they stand in a trace: text is a JSON string, bytes are {"b64": "..."}.
namespace azure::iot::device::conformance {

// Text or bytes as what a C++ operation holds. Python lets an operation carry other values, too,
// through stages that do not look at them: null is empty here, anything else its JSON text.
std::string to_bytes(const Json& value);
// The other way round: a JSON string if that can hold it, else {"b64": ...}.
Json to_value(std::string_view bytes);

// Whether two values mean the same: bytes and text by content, JSON inside of them as JSON; null
// and empty are the same.
bool same_value(const Json& expected, const Json& actual);

// Errors. What the surroundings throw in Python (ValueError, TypeError with a message) is
// `Errc::user_stage` here.
Error to_error(const Json& error);
// Null if there is none.
Json to_json(const Error& error);

// Whether an error is the recorded one: the same type, its causes as far as the trace has them,
// and the same text if `from_outside` (the text was made by the driver, not by a stage). An error
// that a stage of Python tripped over ("internal") is met by any of those with which a stage here
// reports what it cannot do.
bool same_error(const Json& expected, const Json& actual, bool from_outside);
bool is_internal_error(const Json& error);

// The text of a member, nothing if it is absent or null; and the value of such a text.
std::optional<std::string> optional_text(const Json& fields, std::string_view name);
Json optional_value(const std::optional<std::string>& value);

}  // namespace azure::iot::device::conformance
