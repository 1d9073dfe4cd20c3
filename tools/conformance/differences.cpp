#include "differences.hpp"

#include <algorithm>

#include "connection_rules.hpp"
#include "evidence.hpp"
#include "registration_evidence.hpp"

namespace azure::iot::device::conformance {
namespace {

// Afterwards the two worlds are no longer alike enough to be compared output by output.
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
  // The attempt that Python did not make any more.
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
  // It did not wait for the connection to change ...
  const bool goes_down =
      type == "ShutdownPipelineOperation" || deviation.field("call") == "shutdown";
  // ... or ended what was changing it, and what Python answers with that has nobody to answer.
  const bool again = accepted_before(situation, "shutdown-overtakes") ||
                     accepted_before(situation, "silent-after-shutdown");
  const bool ended_change = (deviation.kind() == "state" &&
                             (again || runs_now(situation, "ShutdownPipelineOperation"))) ||
                            (again && reports(deviation, "ConnectionDroppedError"));
  // Or a read of the twin, so that the next connect reads anew.
  return (again && is_twin_read(deviation)) || ((goes_down || ended_change) && part(situation));
}

bool silent_after_shutdown(const Situation& situation, const Deviation& deviation) {
  if (!deviation.missing || !has_run(situation, "ShutdownPipelineOperation")) return false;
  if (is_twin_read(deviation)) return true;
  if (is_desired_properties(deviation)) return answers_twin_read(situation);
  // Of what the shutdown ended.
  if (is_report(deviation) && completes_own_op(situation)) return true;
  if (!situation.trace.may_differ_at(situation.step)) return false;
  if (is_own_reauthorization(deviation) || is_report(deviation) || is_retry(situation, deviation)) {
    return true;
  }
  return is_about_connection(deviation) && part(situation);
}

bool displaced_is_ended(const Situation& situation, const Deviation& deviation) {
  // Its watchdog ends what nobody was told of, and what waits for that goes on.
  if (deviation.extra() && situation.subject.kind == Subject::Kind::pipeline &&
      situation.now().in.contains("advance") && has_displaced_connect(situation)) {
    return part(situation);
  }
  const std::string id = deviation.field("id");
  if (deviation.kind() != "op_completed" || !is_connection_op(type_of(situation, id))) return false;
  const bool lost = deviation.extra() && !is_recorded_to_complete(situation.trace, id) &&
                    situation.trace.may_differ_at(situation.step);
  // The watchdog of one tells somebody who starts another, and fails that.
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
    // Another end than that of an operation over which Python's stage tripped.
    return std::any_of(situation.all.begin(), situation.all.end(), [&](const Deviation& other) {
      return other.missing != deviation.missing && other.kind() == "op_completed" &&
             other.field("id") == deviation.field("id") &&
             shows_internal_error(other.missing ? other : deviation);
    });
  }
  if (deviation.extra()) return reports(deviation, "bad_content");
  // A twin that the chain reads for itself is read again, and nobody need be told.
  return shows_internal_error(deviation) && (says_so(situation) || answers_twin_read(situation));
}

bool ended_asks_nothing(const Situation& situation, const Deviation& deviation) {
  if (is_registration_request(deviation)) {
    if (!has_given_up_registration(situation)) return false;
    // The requests of others may change places when one is not made.
    return deviation.missing || is_missing_too(situation, deviation);
  }
  const std::string id = deviation.field("id");
  const std::string type = type_of(situation, id);
  // The answers to requests that look alike, and what is done to them below, go to others.
  if (is_registration(type) && (accepted_before(situation, "ended-asks-nothing") ||
                                misses_registration_request(situation))) {
    return exempt(situation, id);
  }
  if (!has_given_up_registration(situation)) return false;
  // Nothing connects for such a request, so that another is the first to.
  if (deviation.field("call") == "connect" || is_connection_op(type) ||
      (deviation.kind() == "op_completed" && deviation.extra() && fails_to_connect(situation))) {
    return part(situation);
  }
  if (!deviation.missing) return false;
  // The answer to what was given up, which Python reads and trips over.
  if (deviation.kind() == "raised") {
    return shows_internal_error(deviation) || shows_second_completion(deviation);
  }
  // The operation ends here once, and has.
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
  // Python waits, or trips over how long.
  return (shows_internal_error(deviation) && refuses_registration(situation)) ||
         (accepted_before(situation, "refusal-is-final") && is_registration_request(deviation));
}

bool pause_has_a_floor(const Situation& situation, const Deviation& deviation) {
  if (!has_asked_for_no_pause(situation)) return false;
  if (is_registration_request(deviation)) return true;
  const std::string id = deviation.field("id");
  const std::string type = type_of(situation, id);
  // The answers to requests that look alike go to others, and an end comes with its answer.
  if (is_registration(type)) return exempt(situation, id);
  // What was asked at once may have ended by its time, so that Python trips over the answer.
  if (deviation.missing && deviation.kind() == "raised") {
    return shows_internal_error(deviation) || shows_second_completion(deviation);
  }
  // A request that is sent later may be the one that connects, or find no link any more.
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
    // What is not read now is read later, or is being read since Python's read failed.
    return deviation.extra() || situation.world.has_timers() ||
           accepted_before(situation, "read-again-later");
  }
  // What a read brings comes when the read does.
  return accepted_before(situation, "read-again-later") && is_desired_properties(deviation);
}

bool renewal_is_retried(const Situation& situation, const Deviation& deviation) {
  if (!situation.trace.may_differ_at(situation.step)) return false;
  // Also where the token was replaced by one that cannot be renewed: that one is asked for.
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
constexpr std::string_view kNoLongerAlike =
    "everything else; once the connection is concerned, that each operation ends exactly once and "
    "that a shutdown leaves none waiting";

constexpr Difference kDifferences[] = {
    {"late-answer", "7.1",
     "an operation is answered whose attempt is over, or by somebody who does not hold it",
     kOtherOps,
     "A late answer is ignored: the attempt it answers is over, and an operation has one owner.",
     true, &late_answer},
    {"shutdown-overtakes", "7.4",
     "a shutdown ends what Python leaves waiting, or does not wait for the connection to change",
     kNoLongerAlike, "A shutdown takes a second, not a minute, and leaves nothing waiting.", true,
     &shutdown_overtakes},
    {"silent-after-shutdown", "7.16",
     "after a shutdown Python redials, reauthorizes, reads the twin or reports what it ended",
     kNoLongerAlike, "After a shutdown nothing starts by itself.", true, &silent_after_shutdown},
    {"displaced-is-ended", "7.19",
     "a connection operation ends that the recording shows no end of, since another displaced it; "
     "or the watchdog of one fails that one, and not another that was just started, or one that "
     "nobody was told of",
     kNoLongerAlike,
     "An operation that is displaced ends with an error of its own; it is never lost.", true,
     &displaced_is_ended},
    {"unreadable-content", "7.13",
     "Python's stage trips over a body, a topic or an early operation", kOtherOps,
     "What cannot be read ends the operation, or is reported, with an error that says so.", true,
     &unreadable_content},
    {"ended-asks-nothing", "7.1, 7.2, 7.16",
     "a registration was given up, by time or by a shutdown, or answered before its request was "
     "sent, and Python goes on with it",
     "everything but requests of registrations and what comes of them; once one is not connected "
     "for, that each operation ends exactly once and that a shutdown leaves none waiting",
     "What has ended sends no more requests, and is not ended a second time.", true,
     &ended_asks_nothing},
    {"refusal-is-final", "7.13", "a request of a registration is answered with 430 to 499",
     "that the registration ends there with a ServiceError; everything but its requests and what "
     "comes of them",
     "What the service refuses it refuses the next time too; only 429 and 5xx pass.", true,
     &refusal_is_final},
    {"pause-has-a-floor", "7.21",
     "the service answers a request of a registration with a retry-after of 0 or less",
     "everything but requests of registrations and what comes of them; once the connection is "
     "concerned, that each operation ends exactly once and that a shutdown leaves none waiting",
     "The service is asked again after a second, not at once and for as long as it says so.", true,
     &pause_has_a_floor},
    {"versions-are-ordered", "7.12",
     "version 0 was seen, or a read brings a lower version than one that was sent up",
     "everything but twin reads and the desired properties they bring",
     "Version 0 is a version, and a read that is older than a patch is not delivered.", true,
     &versions_are_ordered},
    {"read-again-later", "7.3", "a twin read of EnsureDesiredProperties failed",
     "everything but twin reads and the desired properties they bring",
     "A failed read is tried again after a pause, not at once and without limit.", true,
     &read_again_later},
    {"renewal-is-retried", "7.5", "signing a token fails, or what is to be renewed cannot be",
     kNoLongerAlike,
     "A renewal that failed is tried again until the token expires, and reported then.", true,
     &renewal_is_retried},
    {"short-token", "7.14", "a token lives shorter than twice the margin before its renewal",
     kNoLongerAlike, "It is renewed at half its life instead of in a storm.", false, &short_token},
    {"later-request-for-token", "7.14",
     "the user brings a token that lives shorter than twice the margin before its renewal",
     "everything but the requests for a new token",
     "The next one is asked for at half of the life that is left, not at once and for ever.", true,
     &token_is_asked_for_later},
    {"failure-is-shared", "7.21",
     "an attempt to connect fails while other operations wait for it; Python dials again for each",
     kNoLongerAlike, "Operations that wait for one attempt share its outcome.", true,
     &failure_is_shared},
    {"giving-up-is-reported", "7.21", "a link that was up is lost and not brought back",
     "everything else", "The end of a link is reported, by one event.", true,
     &giving_up_is_reported},
    {"link-has-an-owner", "7.17, 7.21",
     "a reauthorization failed: Python leaves the link down, or has it retried by the stage that "
     "asked for it, after a disconnect of the user too",
     kNoLongerAlike,
     "The retry policy brings back a link that was up, whatever took it down, until the user "
     "disconnects.",
     true, &link_has_an_owner},
    {"inexpressible-input", "7.13", "an input has a value that the same field cannot hold here",
     kTheRest,
     "Python lets the status of a method response be any text; here it is a number, so that it "
     "cannot be unreadable.",
     true, &inexpressible_input},
};

// What follows from a difference that was accepted before.
bool follows(const Situation& situation, const Deviation& deviation) {
  // It belongs to an operation that ended elsewhere or otherwise than recorded ...
  const auto& ops = situation.tolerance.exempt_ops;
  if (ops.contains(deviation.field("id"))) return true;
  const Json* completed = situation.now().in.find("complete_op");
  if (deviation.kind() == "raised" && completed && ops.contains(completed->at("id").as_string())) {
    return true;
  }
  if (!deviation.missing) return false;
  // ... or came of the answer to something that was not sent here, or is a state that nothing
  // showed.
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
