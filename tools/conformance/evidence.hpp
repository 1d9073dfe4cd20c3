#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "differences.hpp"

// Evidence in a trace, and in one output of it: the predicates of which accepted differences
// consist.
namespace azure::iot::device::conformance {

// The output completes an operation with an error of that type.
bool completes_with(const Deviation& deviation, std::string_view error_type);
// It reports a background error to the application; one of that type.
bool is_report(const Deviation& deviation);
bool reports(const Deviation& deviation, std::string_view error_type);
// It completes an operation, or reports to the application, with the trace's word for an internal
// error of a stage.
bool shows_internal_error(const Deviation& deviation);
// It reports that an operation was completed a second time.
bool shows_second_completion(const Deviation& deviation);

// It requests a reauthorization, or reads the twin, without an operation of the driver that does
// so. In a pipeline that cannot be distinguished, so there any output counts that looks like one.
bool is_own_reauthorization(const Deviation& deviation);
bool is_twin_read(const Deviation& deviation);
bool is_desired_properties(const Deviation& deviation);
// It requests a new token from the application.
bool asks_for_token(const Deviation& deviation);
// Returns the version of the desired properties that an output sends up, if it does.
std::optional<std::int64_t> version_in(const Json& output);
// It concerns the connection.
bool is_about_connection(const Deviation& deviation);
// Whether, as recorded up to here, a connect was displaced as soon as it had begun.
bool has_displaced_connect(const Situation& situation);
// Returns the recorded state of the connection before the step.
Json state_before(const Situation& situation);
// It subscribes or unsubscribes, and only a timer of the step can have caused that.
bool is_retry(const Situation& situation, const Deviation& deviation);
// Whether the step's input is a lost link or a failed connect.
bool fails_to_connect(const Situation& situation);
// It is a state that was only recorded because it shows in an output that is missing here.
bool is_unseen_state(const Situation& situation, const Deviation& deviation);

// Whether the step's input completes an operation that the stage made itself.
bool completes_own_op(const Situation& situation);
// Returns the type of an operation of the driver; empty if there is none with that id.
std::string type_of(const Situation& situation, const std::string& op_id);
bool is_connection_op(std::string_view type);
// Whether the driver has run an operation of that type up to here; in this step.
bool has_run(const Situation& situation, std::string_view type);
bool runs_now(const Situation& situation, std::string_view type);
// Whether the recording completes that operation.
bool is_recorded_to_complete(const Trace& trace, const std::string& op_id);
// Whether the world was changed this way up to here: a key of a `set`.
bool was_set(const Situation& situation, std::string_view key);
// Whether the step's input is the service's answer to a request about the twin.
bool answers_twin_read(const Situation& situation);
// Whether the step's input answers a recorded operation, call or request that did not happen here.
bool answers_what_is_missing(const Situation& situation);
// Returns the recorded version of the desired properties last sent up before this step.
std::optional<std::int64_t> last_version_sent_up(const Situation& situation);
// Whether some token of the trace, up to here, lives shorter than that many seconds.
bool has_token_shorter_than(const Situation& situation, std::int64_t seconds);

}  // namespace azure::iot::device::conformance
