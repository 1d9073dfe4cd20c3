#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "differences.hpp"

// What can be seen in a trace, and in one output of it: the words in which accepted differences are
// written.
namespace azure::iot::device::conformance {

// The output completes an operation with an error of that type.
bool completes_with(const Deviation& deviation, std::string_view error_type);
// It tells the user of a background error; of one of that type.
bool is_report(const Deviation& deviation);
bool reports(const Deviation& deviation, std::string_view error_type);
// It completes an operation, or tells the user, with the trace's word for a stage that tripped.
bool shows_internal_error(const Deviation& deviation);
// It says that something was completed a second time.
bool shows_second_completion(const Deviation& deviation);

// It asks for a reauthorization, or for a twin, that no operation of the driver asked for; or it
// belongs to a pipeline in which that cannot be told, and has the look of one.
bool is_own_reauthorization(const Deviation& deviation);
bool is_twin_read(const Deviation& deviation);
bool is_desired_properties(const Deviation& deviation);
// It asks the user for a new token.
bool asks_for_token(const Deviation& deviation);
// The version of the desired properties that an output sends up, if it does.
std::optional<std::int64_t> version_in(const Json& output);
// It concerns what the connection does.
bool is_about_connection(const Deviation& deviation);
// Whether, as recorded up to here, a connect was displaced as soon as it was begun.
bool has_displaced_connect(const Situation& situation);
// The state of the connection that the step finds, as recorded.
Json state_before(const Situation& situation);
// It subscribes or unsubscribes, and nothing in the step asks for that but a timer.
bool is_retry(const Situation& situation, const Deviation& deviation);
// Whether the step's input is that the link was lost or could not be made.
bool fails_to_connect(const Situation& situation);
// It is a state that was recorded only since something that is missing here was seen in it.
bool is_unseen_state(const Situation& situation, const Deviation& deviation);

// Whether the step's input completes an operation that the stage made itself.
bool completes_own_op(const Situation& situation);
// The type of an operation of the driver; empty if there is none with that id.
std::string type_of(const Situation& situation, const std::string& op_id);
bool is_connection_op(std::string_view type);
// Whether the driver has run an operation of that type up to here; in this step.
bool has_run(const Situation& situation, std::string_view type);
bool runs_now(const Situation& situation, std::string_view type);
// Whether the recording has an end for that operation.
bool is_recorded_to_complete(const Trace& trace, const std::string& op_id);
// Whether the world was changed like this up to here: a key of a `set`.
bool was_set(const Situation& situation, std::string_view key);
// Whether the step's input is the service's answer to a request about the twin.
bool answers_twin_read(const Situation& situation);
// Whether the step's input answers an operation, a call or a request that was recorded and has not
// happened here.
bool answers_what_is_missing(const Situation& situation);
// The version of the desired properties last sent up before this step, as recorded.
std::optional<std::int64_t> last_version_sent_up(const Situation& situation);
// Whether some token of the trace, up to here, lives shorter than that many seconds.
bool has_token_shorter_than(const Situation& situation, std::int64_t seconds);

}  // namespace azure::iot::device::conformance
