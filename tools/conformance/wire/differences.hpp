#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/conformance/wire/compare.hpp"
#include "tools/conformance/wire/vector.hpp"

namespace azure::iot::device::conformance::wire {

// One deviation, with the facts that it is judged by.
struct Situation {
  const Vector& vector;
  const std::vector<Deviation>& all;
  // The differences accepted so far in this vector, by name.
  const std::set<std::string_view>& accepted;
};

// A wanted difference from Python, detected by the behaviour in a vector, never by its name.
struct Difference {
  std::string_view name;
  std::string_view stated_in;  // The header that states it.
  std::string_view trigger;
  std::string_view still_compared;
  std::string_view reason;
  bool (*explains)(const Situation& situation, const Deviation& deviation);
  // The test that shows it, if recordings of clients need not show it; empty if they must.
  std::string_view shown_by = {};
};

std::span<const Difference> differences();

// Removes the deviations that accepted differences explain, and returns the names of these.
std::set<std::string_view> explain(const Vector& vector, std::vector<Deviation>& deviations);

}  // namespace azure::iot::device::conformance::wire
