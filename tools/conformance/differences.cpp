#include "differences.hpp"

#include <algorithm>

#include "evidence.hpp"

namespace azure::iot::device::conformance {
namespace {

bool part(const Situation& situation) { return situation.tolerance.parted = true; }

bool exempt(const Situation& situation, const std::string& op_id) {
  situation.tolerance.exempt_ops.insert(op_id);
  return true;
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
  if (situation.tolerance.exempt_ops.empty()) return false;
  if (deviation.missing) return shows_second_completion(deviation);
  // The attempt that Python made no more.
  return deviation.kind() == "transport" &&
         situation.tolerance.exempt_topics.contains(deviation.field("topic"));
}

bool shutdown_overtakes(const Situation& situation, const Deviation& deviation) {
  if (!has_run(situation, "ShutdownPipelineOperation")) return false;
  const std::string type = type_of(situation, deviation.field("id"));
  if (deviation.extra() && completes_with(deviation, "OperationCancelled")) {
    if (is_connection_op(type)) part(situation);
    return exempt(situation, deviation.field("id"));
  }
  // It did not wait for the connection to change.
  if (deviation.extra() && type == "ShutdownPipelineOperation") return part(situation);
  return deviation.extra() && deviation.field("call") == "shutdown" && part(situation);
}

bool silent_after_shutdown(const Situation& situation, const Deviation& deviation) {
  if (!has_run(situation, "ShutdownPipelineOperation") || !deviation.missing) return false;
  if (is_own_reauthorization(deviation) || is_twin_read(deviation)) return true;
  if (is_report(deviation)) return true;  // Of what the shutdown ended.
  return is_about_connection(deviation) && part(situation);
}

bool displaced(const Situation& situation, const Deviation& deviation) {
  const std::string id = deviation.field("id");
  return deviation.extra() && deviation.kind() == "op_completed" &&
         is_connection_op(type_of(situation, id)) &&
         !is_recorded_to_complete(situation.trace, id) && exempt(situation, id);
}

bool watchdog_fails_its_own(const Situation& situation, const Deviation& deviation) {
  const std::string id = deviation.field("id");
  const bool fails = completes_with(deviation, "OperationTimeout") ||
                     (deviation.missing && completes_with(deviation, "OperationCancelled"));
  return fails && situation.now().in.contains("advance") &&
         runs_now(situation, "ConnectOperation") && is_connection_op(type_of(situation, id)) &&
         exempt(situation, id);
}

bool unreadable_content(const Situation& situation, const Deviation& deviation) {
  if (deviation.missing) return shows_internal_error(deviation);
  if (reports(deviation, "bad_content")) return true;
  if (completes_with(deviation, "bad_content")) return exempt(situation, deviation.field("id"));
  // The end that an internal error stands for in the recording.
  return deviation.kind() == "op_completed" &&
         std::any_of(situation.all.begin(), situation.all.end(), [&](const Deviation& other) {
           return other.missing && other.field("id") == deviation.field("id") &&
                  shows_internal_error(other);
         });
}

bool read_again_later(const Situation& situation, const Deviation& deviation) {
  if (!read_may_have_failed(situation)) return false;
  if (is_twin_read(deviation)) return true;
  // What a read brings comes when the read does.
  return situation.tolerance.accepted.contains("read-again-later") &&
         is_desired_properties(deviation);
}

bool versions_are_ordered(const Situation& situation, const Deviation& deviation) {
  const auto version = last_version_sent_up(situation);
  if (is_twin_read(deviation)) {
    return version == 0 || situation.tolerance.accepted.contains("versions-are-ordered");
  }
  return version && deviation.missing && is_desired_properties(deviation);
}

bool renewal_is_retried(const Situation& situation, const Deviation& deviation) {
  if (!was_set(situation, "signing_fails")) return false;
  if (reports(deviation, "SasTokenError") || is_own_reauthorization(deviation)) return true;
  return situation.tolerance.accepted.contains("renewal-is-retried") &&
         is_about_connection(deviation) && part(situation);
}

bool short_token(const Situation& situation, const Deviation& deviation) {
  if (!has_token_shorter_than(situation, 240)) return false;
  return is_own_reauthorization(deviation) || (is_about_connection(deviation) && part(situation));
}

bool user_disconnected(const Situation& situation, const Deviation& deviation) {
  if (!has_run(situation, "DisconnectOperation") || !situation.now().in.contains("advance")) {
    return false;
  }
  if (!deviation.missing) return false;
  return is_own_reauthorization(deviation) || (is_about_connection(deviation) && part(situation));
}

bool inexpressible(const Situation& situation, const Deviation& deviation) {
  return situation.world.left_out_input() && deviation.missing;
}

constexpr Difference kDifferences[] = {
    {"late-answer", "7.1", "", "", "", true, &late_answer},
    {"shutdown-overtakes", "7.4", "", "", "", true, &shutdown_overtakes},
    {"silent-after-shutdown", "7.16", "", "", "", false, &silent_after_shutdown},
    {"displaced", "7.19", "", "", "", false, &displaced},
    {"watchdog-fails-its-own", "7.19", "", "", "", true, &watchdog_fails_its_own},
    {"unreadable-content", "7.13", "", "", "", true, &unreadable_content},
    {"read-again-later", "7.3", "", "", "", true, &read_again_later},
    {"versions-are-ordered", "7.12", "", "", "", true, &versions_are_ordered},
    {"renewal-is-retried", "7.5", "", "", "", false, &renewal_is_retried},
    {"short-token", "7.14", "", "", "", false, &short_token},
    {"user-disconnected", "7.17", "", "", "", false, &user_disconnected},
    {"inexpressible-input", "-", "", "", "", true, &inexpressible},
};

// What follows from a difference that was accepted before.
bool follows(const Situation& situation, const Deviation& deviation) {
  // It belongs to an operation that ended elsewhere or otherwise than recorded ...
  const auto& ops = situation.tolerance.exempt_ops;
  if (ops.contains(deviation.field("id"))) return true;
  const Json* completed = situation.now().in.find("complete_op");
  if (!completed) return false;
  const std::string& id = completed->at("id").as_string();
  if (deviation.kind() == "raised" && ops.contains(id)) return true;
  // ... or came of the end of one that was not made here.
  return deviation.missing && situation.world.names().actual(id).empty();
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
