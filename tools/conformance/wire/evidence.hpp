#pragma once

#include <string>
#include <string_view>

#include "tools/conformance/wire/differences.hpp"

// What can be seen in a vector, and in one deviation of it: the words in which accepted differences
// are written.
namespace azure::iot::device::conformance::wire {

// The step of a deviation; an empty object before the first.
const Json& step_of(const Situation& situation, const Deviation& deviation);
// Whether that step makes a call; one of them for a handler.
bool calls(const Json& step, std::string_view call);
bool is_about(const Json& step, std::string_view handler);

// Whether something was recorded and did not happen, or the other way round.
bool is_missing(const Deviation& deviation);
bool is_extra(const Deviation& deviation);

// Of an outcome: the recorded error, null if none; and whether ours is one of that type, or code.
const Json& recorded_error(const Deviation& deviation);
bool fails_with(const Deviation& deviation, std::string_view type);
bool fails_with_code(const Deviation& deviation, std::string_view code);
bool fails_because_of(const Deviation& deviation, std::string_view code);
// Of an event: what a background exception was recorded as, and its code here.
const Json& recorded_exception(const Deviation& deviation);
bool reports_code(const Deviation& deviation, std::string_view code);
// Whether the making of the client was refused, naming that argument.
bool refuses_argument(const Deviation& deviation, std::string_view argument);
const std::string& refusal_text(const Deviation& deviation);

// Of a packet: the one that is there, its kind and topic.
bool is_packet(const Deviation& deviation, std::string_view kind);
std::string topic_of(const Deviation& deviation);
bool is_twin_read(const Deviation& deviation);
bool is_twin_subscribe(const Deviation& deviation);

// Whether the service of the vector is told to do that, at any time.
bool hub_does(const Vector& vector, std::string_view what, const Json& word);

// Whether it answers some CONNECT with a refusal.
bool refuses_somebody(const Vector& vector);

// Whether it answers some request of a registration with a status that Python takes for a busy
// service's: 430 to 499.
bool refuses_registration(const Vector& vector);

// What Python says where the disconnect of an attempt that is over is taken for that of the next.
bool is_late_refusal(const Json& error);

}  // namespace azure::iot::device::conformance::wire
