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

// The consequences of accepted differences for the rest of a trace.
struct Tolerance {
  // Operations of the driver whose outcome differed from the recorded one: their other outputs are
  // not compared.
  std::set<std::string> exempt_ops;
  // Topics of subscribes and unsubscribes that are attempted after Python's attempt has ended.
  std::set<std::string> exempt_topics;
  // The accepted differences up to here, by name.
  std::set<std::string_view> accepted;
  // The two sides differ too much: only the promises of every trace are checked from the next step
  // on.
  bool parted = false;
};

// One output on one side only, with the facts that it is judged by.
struct Situation {
  const Trace& trace;
  const Subject& subject;
  std::size_t step;
  const World& world;
  const std::vector<Deviation>& all;  // Of this step.
  Tolerance& tolerance;

  const Step& now() const { return trace.steps[step]; }
};

// A wanted difference from Python, detected by the behaviour in a trace, never by its name.
struct Difference {
  std::string_view name;
  std::string_view stated_in;  // The header that states it.
  std::string_view trigger;
  std::string_view still_compared;
  std::string_view reason;
  // Also where the recording is not marked suspect. Each such place is a disagreement between the
  // marks and the design.
  bool unmarked;
  bool (*explains)(const Situation& situation, const Deviation& deviation);
};

std::span<const Difference> differences();

struct Explanation {
  bool explained = false;
  // Null for a consequence of a difference that was accepted before.
  const Difference* difference = nullptr;
};
Explanation explain(const Situation& situation, const Deviation& deviation);

}  // namespace azure::iot::device::conformance
