#include "differences.hpp"

#include <algorithm>

#include "connection_rules.hpp"
#include "evidence.hpp"
#include "registration_evidence.hpp"

namespace azure::iot::device::conformance {
namespace {

// From here on the two sides differ too much to be compared output by output.
bool part(const Situation& situation) { return situation.tolerance.parted = true; }

bool exempt(const Situation& situation, const std::string& op_id) {
  situation.tolerance.exempt_ops.insert(op_id);
  return true;
}

bool accepted_before(const Situation& situation, std::string_view name) {
  return situation.tolerance.accepted.contains(name);
}

bool late_answer(const Situation& situation, const Deviation& deviation) {
  const auto& answers = situation.world.late_answers();
  const std::string id = deviation.field("id");
  for (const LateAnswer& late : answers) {
    if (!late.op_id.empty() && late.op_id == id) return exempt(situation, id);
    if (late.topic.empty() || !deviation.missing || deviation.kind() != "op_completed") continue;
    for (const LateAnswer& each : answers) situation.tolerance.exempt_topics.insert(each.topic);
    return exempt(situation, id);
  }
  if (!accepted_before(situation, "late-answer")) return false;
  if (deviation.missing) return shows_second_completion(deviation);
  // The attempt that Python no longer made.
  return deviation.kind() == "transport" &&
         situation.tolerance.exempt_topics.contains(deviation.field("topic"));
}

bool shutdown_overtakes(const Situation& situation, const Deviation& deviation) {
  if (deviation.missing || !has_run(situation, "ShutdownPipelineOperation")) return false;
  const std::string id = deviation.field("id");
  const std::string type = type_of(situation, id);
  if (completes_with(deviation, "OperationCancelled")) {
    if (is_connection_op(type)) part(situation);
    return exempt(situation, id);
  }
  // The shutdown did not wait until the connection had changed ...
  const bool goes_down =
      type == "ShutdownPipelineOperation" || deviation.field("call") == "shutdown";
  // ... or cancelled that change. Then Python's answer to it has no operation to complete.
  const bool again = accepted_before(situation, "shutdown-overtakes") ||
                     accepted_before(situation, "silent-after-shutdown");
  const bool ended_change = (deviation.kind() == "state" &&
                             (again || runs_now(situation, "ShutdownPipelineOperation"))) ||
                            (again && reports(deviation, "ConnectionDroppedError"));
  // Or it cancelled a read of the twin, so that the next connect reads again.
  return (again && is_twin_read(deviation)) || ((goes_down || ended_change) && part(situation));
}

bool silent_after_shutdown(const Situation& situation, const Deviation& deviation) {
  if (!deviation.missing || !has_run(situation, "ShutdownPipelineOperation")) return false;
  if (is_twin_read(deviation)) return true;
  if (is_desired_properties(deviation)) return answers_twin_read(situation);
  // A report about an operation that the shutdown cancelled.
  if (is_report(deviation) && completes_own_op(situation)) return true;
  if (!situation.trace.may_differ_at(situation.step)) return false;
  if (is_own_reauthorization(deviation) || is_report(deviation) || is_retry(situation, deviation)) {
    return true;
  }
  return is_about_connection(deviation) && part(situation);
}

bool displaced_is_ended(const Situation& situation, const Deviation& deviation) {
  // The watchdog here fails an operation without a caller, and the operations behind it proceed.
  if (deviation.extra() && situation.subject.kind == Subject::Kind::pipeline &&
      situation.now().in.contains("advance") && has_displaced_connect(situation)) {
    return part(situation);
  }
  const std::string id = deviation.field("id");
  if (deviation.kind() != "op_completed" || !is_connection_op(type_of(situation, id))) return false;
  const bool lost = deviation.extra() && !is_recorded_to_complete(situation.trace, id) &&
                    situation.trace.may_differ_at(situation.step);
  // Python's watchdog notifies an operation that starts another one, and fails that one.
  const bool swapped = situation.now().in.contains("advance") &&
                       runs_now(situation, "ConnectOperation") &&
                       (completes_with(deviation, "OperationTimeout") ||
                        (deviation.missing && completes_with(deviation, "OperationCancelled")));
  return (lost || swapped) && exempt(situation, id);
}

bool says_so(const Situation& situation) {
  return std::any_of(situation.all.begin(), situation.all.end(), [](const Deviation& other) {
    return other.extra() && (reports(other, "bad_content") || completes_with(other, "bad_content"));
  });
}

bool unreadable_content(const Situation& situation, const Deviation& deviation) {
  if (reports(deviation, "SasTokenError")) return false;
  if (deviation.kind() == "op_completed") {
    if (deviation.extra() && completes_with(deviation, "bad_content")) {
      return exempt(situation, deviation.field("id"));
    }
    // Another outcome than that of an operation for which Python's stage raised an internal error.
    return std::any_of(situation.all.begin(), situation.all.end(), [&](const Deviation& other) {
      return other.missing != deviation.missing && other.kind() == "op_completed" &&
             other.field("id") == deviation.field("id") &&
             shows_internal_error(other.missing ? other : deviation);
    });
  }
  if (deviation.extra()) return reports(deviation, "bad_content");
  // A twin that the chain reads for itself is read again, so nothing need be reported.
  return shows_internal_error(deviation) && (says_so(situation) || answers_twin_read(situation));
}

bool ended_asks_nothing(const Situation& situation, const Deviation& deviation) {
  if (is_registration_request(deviation)) {
    if (!has_given_up_registration(situation)) return false;
    // If one request is missing, the others may change places.
    return deviation.missing || is_missing_too(situation, deviation);
  }
  const std::string id = deviation.field("id");
  const std::string type = type_of(situation, id);
  // The answers to requests that look alike, and the actions on them further down, reach others.
  if (is_registration(type) && (accepted_before(situation, "ended-asks-nothing") ||
                                misses_registration_request(situation))) {
    return exempt(situation, id);
  }
  if (!has_given_up_registration(situation)) return false;
  // No connect is made for such a request, so another operation is the first to connect.
  if (deviation.field("call") == "connect" || is_connection_op(type) ||
      (deviation.kind() == "op_completed" && deviation.extra() && fails_to_connect(situation))) {
    return part(situation);
  }
  if (!deviation.missing) return false;
  // Python reads the answer to a request that was given up, and raises an internal error.
  if (deviation.kind() == "raised") {
    return shows_internal_error(deviation) || shows_second_completion(deviation);
  }
  // The operation completes once here, and has completed.
  const auto& ops = situation.world.driven_ops();
  const auto op = ops.find(id);
  return deviation.kind() == "op_completed" && op != ops.end() && op->second.given_up;
}

bool refusal_is_final(const Situation& situation, const Deviation& deviation) {
  if (deviation.extra()) {
    const std::string id = deviation.field("id");
    return refuses_registration(situation) && completes_with(deviation, "ServiceError") &&
           is_registration(type_of(situation, id)) && exempt(situation, id);
  }
  // Python waits, or raises an error over the length of the pause.
  return (shows_internal_error(deviation) && refuses_registration(situation)) ||
         (accepted_before(situation, "refusal-is-final") && is_registration_request(deviation));
}

bool pause_has_a_floor(const Situation& situation, const Deviation& deviation) {
  if (!has_asked_for_no_pause(situation)) return false;
  if (is_registration_request(deviation)) return true;
  const std::string id = deviation.field("id");
  const std::string type = type_of(situation, id);
  // The answers to requests that look alike reach others, and a registration ends with its answer.
  if (is_registration(type)) return exempt(situation, id);
  // A request that Python sent at once may have timed out, so that the answer makes it raise an
  // error.
  if (deviation.missing && deviation.kind() == "raised") {
    return shows_internal_error(deviation) || shows_second_completion(deviation);
  }
  // A later request may be the one that connects, or may find that the link has been lost.
  return situation.subject.kind == Subject::Kind::pipeline &&
         accepted_before(situation, "pause-has-a-floor") && is_about_connection(deviation) &&
         part(situation);
}

bool versions_are_ordered(const Situation& situation, const Deviation& deviation) {
  if (accepted_before(situation, "versions-are-ordered")) {
    return is_twin_read(deviation) || is_desired_properties(deviation);
  }
  const auto version = last_version_sent_up(situation);
  if (is_twin_read(deviation)) return deviation.extra() && version == 0;
  return deviation.missing && version && version_in(deviation.output) < version &&
         is_desired_properties(deviation);
}

bool read_again_later(const Situation& situation, const Deviation& deviation) {
  const bool failed =
      situation.world.read_failed() || accepted_before(situation, "unreadable-content");
  if (failed && is_twin_read(deviation)) {
    // A read that is missing now comes later, or is running since Python's read failed.
    return deviation.extra() || situation.world.has_timers() ||
           accepted_before(situation, "read-again-later");
  }
  // Desired properties come when their read does.
  return accepted_before(situation, "read-again-later") && is_desired_properties(deviation);
}

bool renewal_is_retried(const Situation& situation, const Deviation& deviation) {
  if (!situation.trace.may_differ_at(situation.step)) return false;
  // Also if the token was replaced by one that is not renewable: then a new one is requested.
  if (!was_set(situation, "signing_fails") && !was_set(situation, "sastoken")) return false;
  if (reports(deviation, "SasTokenError")) return deviation.extra() || situation.world.has_timers();
  if (asks_for_token(deviation)) return deviation.extra();
  if (is_own_reauthorization(deviation)) return true;
  return accepted_before(situation, "renewal-is-retried") && is_about_connection(deviation) &&
         part(situation);
}

bool short_token(const Situation& situation, const Deviation& deviation) {
  if (!has_token_shorter_than(situation, 240)) return false;
  return is_own_reauthorization(deviation) || (is_about_connection(deviation) && part(situation));
}

bool inexpressible_input(const Situation& situation, const Deviation& deviation) {
  return situation.world.left_out_input() && deviation.missing;
}

constexpr std::string_view kTheRest = "everything else, in this step and after it";
constexpr std::string_view kOtherOps = "everything but the operations concerned, in all steps";
constexpr std::string_view kUntilItParts =
    "everything else; after a difference that concerns the connection, only that each operation "
    "completes exactly once and that a shutdown leaves none waiting";
constexpr std::string_view kUnlessTwin =
    "everything but twin reads and the desired properties that they return";

constexpr std::string_view kTransportStage = "pipeline/stages/mqtt_transport_stage.hpp";
constexpr std::string_view kRetryStage = "pipeline/stages/connection_retry_stage.hpp";
constexpr std::string_view kSasTokenStage = "pipeline/stages/sas_token_stage.hpp";
constexpr std::string_view kRegistrationAnswer = "provisioning/registration_answer.hpp";
constexpr std::string_view kDesiredStage = "iothub/stages/ensure_desired_properties_stage.hpp";

constexpr Difference kDifferences[] = {
    {"late-answer", kTransportStage,
     "an operation is answered after its attempt has ended, or by a stage that does not hold it",
     kOtherOps,
     "A late answer is ignored, since its attempt has ended and an operation has one owner.", true,
     &late_answer},
    {"shutdown-overtakes", kRetryStage,
     "a shutdown cancels operations that Python leaves waiting, or does not wait until the "
     "connection has changed",
     kUntilItParts, "A shutdown takes a second, not a minute, and leaves nothing waiting.", true,
     &shutdown_overtakes},
    {"silent-after-shutdown", kRetryStage,
     "after a shutdown Python redials, reauthorizes, reads the twin or reports operations that "
     "the shutdown cancelled",
     kUntilItParts, "After a shutdown nothing starts by itself.", true, &silent_after_shutdown},
    {"displaced-is-ended", kTransportStage,
     "a connection operation that another one displaced completes, though the recording never "
     "completes it; or a watchdog fails its own operation, or one without a caller, instead of "
     "another that has just started",
     kUntilItParts, "A displaced operation completes with an error of its own; it is never lost.",
     true, &displaced_is_ended},
    {"unreadable-content", "iothub/stages/iothub_mqtt_translation_stage.hpp",
     "a body, a topic or an early operation makes Python's stage raise an internal error",
     kOtherOps,
     "Unreadable content fails the operation, or is reported, with an error that says so.", true,
     &unreadable_content},
    {"ended-asks-nothing", "provisioning/stages/service_request_stage.hpp",
     "a registration timed out, was shut down, or was answered before its request was sent, and "
     "Python continues it",
     "everything but requests of registrations and their consequences; once a connect for such a "
     "request is missing, only that each operation completes exactly once and that a shutdown "
     "leaves none waiting",
     "A completed registration sends no more requests, and does not complete a second time.", true,
     &ended_asks_nothing},
    {"refusal-is-final", kRegistrationAnswer,
     "a request of a registration is answered with 430 to 499",
     "that the registration then fails with a ServiceError; everything but its requests and their "
     "consequences",
     "The service would refuse the next request too; only 429 and 5xx are temporary.", true,
     &refusal_is_final},
    {"pause-has-a-floor", kRegistrationAnswer,
     "the service answers a request of a registration with a retry-after of 0 or less",
     "everything but requests of registrations and their consequences; after a difference that "
     "concerns the connection, only that each operation completes exactly once and that a "
     "shutdown leaves none waiting",
     "The service is polled every second, instead of without a pause.", true, &pause_has_a_floor},
    {"versions-are-ordered", kDesiredStage,
     "version 0 was seen, or a read returns a lower version than one that was sent up", kUnlessTwin,
     "Version 0 is a version, and a read that is older than a patch is not delivered.", true,
     &versions_are_ordered},
    {"read-again-later", kDesiredStage, "a twin read of EnsureDesiredProperties failed",
     kUnlessTwin, "A failed read is retried after a pause, not at once and without limit.", true,
     &read_again_later},
    {"renewal-is-retried", kSasTokenStage,
     "signing a token fails, or the token to be renewed is not renewable", kUntilItParts,
     "A failed renewal is retried until the token expires, and reported then.", true,
     &renewal_is_retried},
    {"short-token", kSasTokenStage,
     "a token lives shorter than twice the margin before its renewal", kUntilItParts,
     "It is renewed at half its life instead of in a storm.", false, &short_token},
    {"later-request-for-token", kSasTokenStage,
     "the application brings a token that lives shorter than twice the margin before its renewal",
     "everything but the requests for a new token",
     "The next one is requested at half of the remaining life, not at once and without end.", true,
     &token_is_asked_for_later},
    {"failure-is-shared", kRetryStage,
     "an attempt to connect fails while other operations wait for it; Python dials again for each",
     kUntilItParts, "Operations that wait for one attempt share its outcome.", true,
     &failure_is_shared},
    {"giving-up-is-reported", kRetryStage, "an established link is lost and not redialled",
     "everything else", "The end of a link is reported, by one event.", true,
     &giving_up_is_reported},
    {"link-has-an-owner", kRetryStage,
     "a reauthorization failed: Python leaves the link down, or lets the stage that requested it "
     "retry, even after a disconnect by the application",
     kUntilItParts,
     "The retry policy redials an established link, whatever ended it, until the application "
     "disconnects.",
     true, &link_has_an_owner},
    {"inexpressible-input", "iothub/models/method_response.hpp",
     "an input has a value that the same field cannot hold here", kTheRest,
     "In Python the status of a method response may be any text; here it is a number, and so "
     "always readable.",
     true, &inexpressible_input},
};

// Whether the deviation is a consequence of a difference that was accepted before.
bool follows(const Situation& situation, const Deviation& deviation) {
  // It belongs to an operation whose outcome differed from the recorded one ...
  const auto& ops = situation.tolerance.exempt_ops;
  if (ops.contains(deviation.field("id"))) return true;
  const Json* completed = situation.now().in.find("complete_op");
  if (deviation.kind() == "raised" && completed && ops.contains(completed->at("id").as_string())) {
    return true;
  }
  if (!deviation.missing) return false;
  // ... or results from the answer to a request that was not sent here, or is a state that no
  // output showed.
  return answers_what_is_missing(situation) || is_unseen_state(situation, deviation);
}

}  // namespace

std::span<const Difference> differences() { return kDifferences; }

Explanation explain(const Situation& situation, const Deviation& deviation) {
  if (follows(situation, deviation)) return {.explained = true, .difference = nullptr};
  const bool marked = situation.trace.may_differ_at(situation.step);
  for (const Difference& difference : kDifferences) {
    if (!marked && !difference.unmarked) continue;
    if (difference.explains(situation, deviation)) {
      return {.explained = true, .difference = &difference};
    }
  }
  return {};
}

}  // namespace azure::iot::device::conformance
