#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "differences.hpp"
#include "subjects.hpp"
#include "trace.hpp"

namespace azure::iot::device::conformance {

// The place at which a trace failed, and the expected outputs there.
struct Failure {
  std::optional<std::size_t> step;  // Empty: before the first step, or after the last.
  std::string reason;
  std::vector<Json> expected;
  std::vector<Json> actual;
};

// An accepted difference and its place.
struct Accepted {
  std::size_t step;
  const Difference* difference;
  bool marked;  // The recording marks this step as one where a port may differ.
};

struct Verdict {
  std::optional<Failure> failure;
  std::vector<Accepted> accepted;
  // The number of steps whose outputs were compared. After those only the promises of every trace
  // were checked.
  std::size_t compared_steps = 0;
};

// Replays a trace on its subject.
Verdict replay(const Trace& trace, const Subject& subject);

}  // namespace azure::iot::device::conformance
