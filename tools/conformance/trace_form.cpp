#include "trace_form.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>

namespace azure::iot::device::conformance {
namespace {

// Longer than any recording, and far from the limits of the clocks.
constexpr double kLatestClock = 4e9;  // In the year 2096.
constexpr double kLongestAdvance = 30 * 86400;

[[noreturn]] void refuse(const std::string& place, const std::string& rule) {
  throw std::invalid_argument(place + ": must be " + rule);
}

const Json& member(const Json& of, const std::string& place, std::string_view name) {
  const Json* found = of.find(name);
  if (!found) throw std::invalid_argument(place + "." + std::string(name) + ": is missing");
  return *found;
}

std::string within(const std::string& place, std::string_view name) {
  return place.empty() ? std::string(name) : place + "." + std::string(name);
}

std::string within(const std::string& place, std::size_t index) {
  return place + "[" + std::to_string(index) + "]";
}

void check_text(const Json& of, const std::string& place, std::string_view name) {
  if (!member(of, place, name).is_string()) refuse(within(place, name), "a text");
}

void check_object(const Json& value, const std::string& place) {
  if (!value.is_object()) refuse(place, "an object");
}

void check_seconds(const Json& value, const std::string& place, double most) {
  const auto seconds = value.get_if<double>();
  if (!seconds || !(*seconds >= 0 && *seconds <= most)) {
    refuse(place, "a number of seconds up to " + std::to_string(std::llround(most)));
  }
}

template <class F>
void for_each(const Json& list, const std::string& place, F check) {
  if (!list.is_array()) refuse(place, "a list");
  for (std::size_t i = 0; i < list.size(); ++i) check(list.at(i), within(place, i));
}

void check_set(const Json& fields, const std::string& place) {
  if (fields.contains("connection_state")) check_text(fields, place, "connection_state");
  const Json* fails = fields.find("signing_fails");
  if (fails && !fails->is_bool()) refuse(within(place, "signing_fails"), "true or false");
}

// One event: an input of a step, or a reaction of the surroundings.
void check_action(const Json& action, const std::string& place) {
  if (!action.is_object() || action.size() != 1) refuse(place, "an object with one member");
  const JsonMember& what = action.members().front();
  const std::string inside = within(place, what.name);
  if (what.name == "raise" || what.name == "ack") return;
  if (what.name == "advance") return check_seconds(what.value, inside, kLongestAdvance);
  if (what.name == "run_op") {
    check_object(what.value, inside);
    check_text(what.value, inside, "id");
    return check_text(what.value, inside, "type");
  }
  if (what.name == "complete_op") {
    check_object(what.value, inside);
    check_text(what.value, inside, "id");
    return static_cast<void>(member(what.value, inside, "error"));
  }
  if (what.name == "event") {
    check_object(what.value, inside);
    return check_text(what.value, inside, "type");
  }
  if (what.name == "transport_callback") {
    check_object(what.value, inside);
    return check_text(what.value, inside, "name");
  }
  if (what.name == "set") {
    check_object(what.value, inside);
    return check_set(what.value, inside);
  }
  throw std::invalid_argument(inside + ": is no input that there is");
}

void check_input(const Json& input, const std::string& place) {
  check_action(input, place);
  const std::string& name = input.members().front().name;
  if (name == "raise" || name == "ack") refuse(place, "an input, and not only an answer");
}

void check_output(const Json& output, const std::string& place) {
  if (!output.is_object() || output.empty()) refuse(place, "an object with a member");
  const JsonMember& what = output.members().front();
  const Json* event = what.value.find("event");
  if (event) check_text(*event, within(place, what.name) + ".event", "type");
}

// For each occasion a list of the actions that follow.
void check_occasions(const Json& occasions, const std::string& place) {
  for_each(occasions, place,
           [](const Json& actions, const std::string& at) { for_each(actions, at, check_action); });
}

void check_surroundings(const Json& env, const std::string& place) {
  check_object(env, place);
  for (const JsonMember& each : env.members()) {
    const std::string inside = within(place, each.name);
    if (!each.value.is_object()) {
      check_occasions(each.value, inside);
      continue;
    }
    for (const JsonMember& of : each.value.members()) {
      check_occasions(of.value, within(inside, of.name));
    }
  }
}

void check_step(const Json& step, const std::string& place) {
  check_object(step, place);
  check_input(member(step, place, "in"), within(place, "in"));
  for_each(member(step, place, "out"), within(place, "out"), check_output);
  if (const Json* env = step.find("env")) check_surroundings(*env, within(place, "env"));
}

}  // namespace

void check_form(const Json& trace) {
  check_object(trace, "trace");
  check_text(trace, "trace", "name");
  check_text(trace, "trace", "stage");
  check_object(member(trace, "trace", "config"), "config");
  check_object(member(trace, "trace", "nucleus"), "nucleus");
  check_text(trace["nucleus"], "nucleus", "connection_state");
  check_seconds(member(trace, "trace", "clock"), "clock", kLatestClock);
  if (const Json* handlers = trace.find("handlers")) {
    for_each(*handlers, "handlers", [](const Json& handler, const std::string& place) {
      if (!handler.is_string()) refuse(place, "a text");
    });
  }
  if (trace.contains("suspect")) check_text(trace, "trace", "suspect");
  const Json* from = trace.find("suspect_from");
  if (from && !from->get_if<std::size_t>()) refuse("suspect_from", "the number of a step");
  for_each(member(trace, "trace", "steps"), "steps", check_step);
  if (trace["steps"].empty()) refuse("steps", "at least one");
}

}  // namespace azure::iot::device::conformance
