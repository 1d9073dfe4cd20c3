#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/conformance/wire/compare.hpp"
#include "tools/conformance/wire/vector.hpp"

namespace azure::iot::device::conformance::wire {

// One deviation, and what is known when it is judged.
struct Situation {
  const Vector& vector;
  const std::vector<Deviation>& all;
  // The differences accepted so far in this vector, by name.
  const std::set<std::string_view>& accepted;
};

// A difference from Python that is wanted, detected by what happens in a vector and never by its
// name.
struct Difference {
  std::string_view name;
  std::string_view section;  // Of design.md: where it is promised.
  std::string_view trigger;
  std::string_view still_compared;
  std::string_view reason;
  bool (*explains)(const Situation& situation, const Deviation& deviation);
  // The test that shows it where recordings of clients may not meet it; empty where they must.
  std::string_view shown_by = {};
};

std::span<const Difference> differences();

// Takes away what accepted differences explain, and tells which these were.
std::set<std::string_view> explain(const Vector& vector, std::vector<Deviation>& deviations);

}  // namespace azure::iot::device::conformance::wire
