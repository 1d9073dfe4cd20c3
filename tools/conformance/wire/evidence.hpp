#pragma once

#include <string>
#include <string_view>

#include "tools/conformance/wire/differences.hpp"

// Evidence in a vector, and in one deviation of it: the predicates of which accepted differences
// consist.
namespace azure::iot::device::conformance::wire {

// Returns the step of a deviation; an empty object before the first.
const Json& step_of(const Situation& situation, const Deviation& deviation);
// Whether that step makes a call; whether it is about a handler.
bool calls(const Json& step, std::string_view call);
bool is_about(const Json& step, std::string_view handler);

// Whether it was recorded and did not happen, or the reverse.
bool is_missing(const Deviation& deviation);
bool is_extra(const Deviation& deviation);

// For an outcome: the recorded error, null if none; and whether ours is one of that type, or code.
const Json& recorded_error(const Deviation& deviation);
bool fails_with(const Deviation& deviation, std::string_view type);
bool fails_with_code(const Deviation& deviation, std::string_view code);
bool fails_because_of(const Deviation& deviation, std::string_view code);
// For an event: the recorded background exception, and its code here.
const Json& recorded_exception(const Deviation& deviation);
bool reports_code(const Deviation& deviation, std::string_view code);
// Whether the creation of the client was refused, naming that argument.
bool refuses_argument(const Deviation& deviation, std::string_view argument);
const std::string& refusal_text(const Deviation& deviation);

// For a packet: the one that is there, its kind and topic.
bool is_packet(const Deviation& deviation, std::string_view kind);
std::string topic_of(const Deviation& deviation);
bool is_twin_read(const Deviation& deviation);
bool is_twin_subscribe(const Deviation& deviation);

// Whether the script of the service has that word, at any time.
bool hub_does(const Vector& vector, std::string_view what, const Json& word);

// Whether the service refuses some CONNECT.
bool refuses_somebody(const Vector& vector);

// Whether the service answers some request of a registration with a status that Python takes for
// that of a busy service: 430 to 499.
bool refuses_registration(const Vector& vector);

// Python's error if it takes the disconnect of an attempt that has ended for that of the next one.
bool is_late_refusal(const Json& error);

}  // namespace azure::iot::device::conformance::wire
