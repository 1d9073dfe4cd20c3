#include "connection_rules.hpp"

#include <algorithm>
#include <chrono>
#include <string>

#include "evidence.hpp"
#include "pipeline/auth/sastoken.hpp"
#include "trace.hpp"
#include "trace_search.hpp"
#include "values.hpp"

namespace azure::iot::device::conformance {
namespace {

bool shows_reauthorization(const Step& step) {
  const auto outputs = step.out.elements();
  return std::any_of(outputs.begin(), outputs.end(), [](const Json& output) {
    const Json* state = output.find("state");
    const Json* op = output.find("send_op_down");
    return (state && *state == Json("REAUTHORIZING")) ||
           (op && op->at("type") == Json("ReauthorizeConnectionOperation"));
  });
}

// The changes of a link in a step, as recorded.
struct Losses {
  bool attempt_failed = false;  // The state became DISCONNECTED while it was changing.
  bool dropped = false;         // An event reports that the link was lost ...
  bool taken_down = false;      // ... or a change of the connection that failed took it down.
};

// `state` is the state before the step, and becomes the one after it.
Losses losses_in(const Step& step, Json& state) {
  Losses losses;
  const auto outputs = step.out.elements();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Json* next = outputs[i].find("state");
    if (!next) continue;
    if (*next == Json("DISCONNECTED")) {
      const Json* event = i + 1 < outputs.size() ? outputs[i + 1].find("send_event_up") : nullptr;
      const bool told = event && event->at("type") == Json("DisconnectedEvent");
      const bool was_up = state == Json("CONNECTED");
      losses.attempt_failed |= !was_up && state != Json("DISCONNECTING");
      losses.dropped |= was_up;
      losses.taken_down |= state == Json("REAUTHORIZING") || (was_up && !told);
    }
    state = *next;
  }
  return losses;
}

Losses losses_now(const Situation& situation) {
  Json state = state_before(situation);
  return losses_in(situation.now(), state);
}

// A change of the connection has failed and taken a link down: the state shows it, or the stage
// that asked for a reauthorization reports it.
bool was_taken_down(const Situation& situation) {
  Json state = recorded_name(situation.trace.connection_state);
  bool began = false;
  return any_step_so_far(situation, [&](const Step& step) {
    const auto outputs = step.out.elements();
    const bool reported = std::any_of(outputs.begin(), outputs.end(), [](const Json& output) {
      return is_report({.missing = true, .output = output});
    });
    if (began && reported) return true;
    began |= step.in.contains("advance") && shows_reauthorization(step);
    return losses_in(step, state).taken_down;
  });
}

// A token that the application brought expires within twice the margin of its renewal.
bool has_brought_short_token(const Situation& situation) {
  constexpr double kTwiceTheMargin = 240;
  using Seconds = std::chrono::duration<double>;
  double now = Seconds(situation.trace.clock.time_since_epoch()).count();
  const Json* token = situation.trace.config.find("sastoken");
  return any_step_so_far(situation, [&](const Step& step) {
    if (const Json* passed = step.in.find("advance")) now += passed->as_double();
    if (const Json* set = step.in.find("set")) {
      if (const Json* brought = set->find("sastoken")) token = brought;
    }
    const Json* op = step.in.find("run_op");
    if (!op || op->at("type") != Json("ReauthorizeConnectionOperation")) return false;
    const Json* text = token ? token->find("token") : nullptr;
    if (!text) return false;
    const auto parsed = NonRenewableSasToken::parse(to_bytes(*text));
    if (!parsed) return false;
    const WallTime expiry = to_wall_time((*parsed)->expiry());
    return Seconds(expiry.time_since_epoch()).count() - now < kTwiceTheMargin;
  });
}

bool part(const Situation& situation) { return situation.tolerance.parted = true; }

}  // namespace

bool link_has_an_owner(const Situation& situation, const Deviation& deviation) {
  // A retry of Python's that comes due while the connection changes waits until it has changed.
  const bool by_itself =
      situation.now().in.contains("advance") || shows_reauthorization(situation.now());
  if (!by_itself || !was_taken_down(situation)) return false;
  if (is_own_reauthorization(deviation)) return deviation.missing;
  return is_about_connection(deviation) && part(situation);
}

bool failure_is_shared(const Situation& situation, const Deviation& deviation) {
  // That of an operation that waited, or of the dial that Python made for it.
  const auto shows_waiter = [&](const Deviation& other) {
    if (other.missing) return other.field("call") == "connect" || is_about_connection(other);
    const Json* error = other.kind() == "op_completed" ? other.what().find("error") : nullptr;
    const bool connects = is_connection_op(type_of(situation, other.field("id")));
    return error && error->is_object() && (connects || losses_now(situation).attempt_failed);
  };
  const auto& all = situation.all;
  const bool waited = std::any_of(all.begin(), all.end(), shows_waiter);
  const auto always = [](const Json&) { return true; };
  const bool completes = any_member(situation.now().in, "complete_op", always) ||
                         any_member(situation.now().env, "complete_op", always);
  if (!waited || !(completes || losses_now(situation).attempt_failed)) return false;
  // The rest of the step follows: Python dials again, and the operations that wait stay waiting.
  const bool follows = deviation.kind() == "op_completed" || deviation.kind() == "send_op_down" ||
                       is_about_connection(deviation) || is_report(deviation);
  return follows && part(situation);
}

bool giving_up_is_reported(const Situation& situation, const Deviation& deviation) {
  const Losses losses = losses_now(situation);
  const bool retries = situation.trace.config.at("connection_retry").as_bool();
  if (!losses.taken_down && (!losses.dropped || retries)) return false;
  const auto reports_more = [](const Deviation& other) {
    return other.extra() && is_report(other);
  };
  const auto& all = situation.all;
  // The changed state, which no output of Python showed, shows by then.
  return reports_more(deviation) ||
         (deviation.kind() == "state" && std::any_of(all.begin(), all.end(), reports_more));
}

bool token_is_asked_for_later(const Situation& situation, const Deviation& deviation) {
  return asks_for_token(deviation) && has_brought_short_token(situation);
}

}  // namespace azure::iot::device::conformance
