#pragma once

#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compare.hpp"
#include "subjects.hpp"
#include "trace.hpp"
#include "world.hpp"

namespace azure::iot::device::conformance {

// What an accepted difference entails for the rest of its trace.
struct Tolerance {
  // Operations of the driver that ended elsewhere or otherwise than recorded: what else is seen of
  // them is not compared any more.
  std::set<std::string> exempt_ops;
  // Topics of subscribes and unsubscribes that are attempted when Python's was over.
  std::set<std::string> exempt_topics;
  // The accepted differences up to here, by name.
  std::set<std::string_view> accepted;
  // The two worlds have parted: only what holds for any trace is checked from the next step on.
  bool parted = false;
};

// One output on one side only, and what is known when it is judged.
struct Situation {
  const Trace& trace;
  const Subject& subject;
  std::size_t step;
  const World& world;
  const std::vector<Deviation>& all;  // Of this step.
  Tolerance& tolerance;

  const Step& now() const { return trace.steps[step]; }
};

// A difference from Python that is wanted, detected by what happens in a trace and never by its
// name.
struct Difference {
  std::string_view name;
  std::string_view section;  // Of design.md: where it is promised.
  std::string_view trigger;
  std::string_view still_compared;
  std::string_view reason;
  // Also where the recording is not marked suspect. Each such is a disagreement between the marks
  // and the design.
  bool unmarked;
  bool (*explains)(const Situation& situation, const Deviation& deviation);
};

std::span<const Difference> differences();

struct Explanation {
  bool explained = false;
  // None where it follows from one that was accepted before.
  const Difference* difference = nullptr;
};
Explanation explain(const Situation& situation, const Deviation& deviation);

}  // namespace azure::iot::device::conformance
