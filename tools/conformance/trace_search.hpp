#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

#include "differences.hpp"

// Searches for evidence in a recording.
namespace azure::iot::device::conformance {

// Searches the steps up to the one that is judged, oldest first.
template <class Predicate>
bool any_step_so_far(const Situation& situation, Predicate holds) {
  const auto& steps = situation.trace.steps;
  const auto end = steps.begin() + static_cast<std::ptrdiff_t>(situation.step) + 1;
  return std::any_of(steps.begin(), end, holds);
}

// Whether a value contains, at any depth, an object with that member for which the predicate holds.
template <class Predicate>
bool any_member(const Json& value, std::string_view name, Predicate holds) {
  if (const Json* found = value.find(name); found && holds(*found)) return true;
  const Json::Members none;
  const Json::Members& members = value.is_object() ? value.members() : none;
  const auto elements = value.is_array() ? value.elements() : std::span<const Json>();
  return std::any_of(members.begin(), members.end(),
                     [&](const JsonMember& m) { return any_member(m.value, name, holds); }) ||
         std::any_of(elements.begin(), elements.end(),
                     [&](const Json& e) { return any_member(e, name, holds); });
}

}  // namespace azure::iot::device::conformance
