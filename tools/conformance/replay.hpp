#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "differences.hpp"
#include "subjects.hpp"
#include "trace.hpp"

namespace azure::iot::device::conformance {

// Where a trace failed, and what was expected there.
struct Failure {
  std::optional<std::size_t> step;  // None: before the first one, or after the last.
  std::string reason;
  std::vector<Json> expected;
  std::vector<Json> actual;
};

// A difference that is accepted, and where.
struct Accepted {
  std::size_t step;
  const Difference* difference;
  bool marked;  // The recording says of itself that a port may differ there.
};

struct Verdict {
  std::optional<Failure> failure;
  std::vector<Accepted> accepted;
  // Steps whose outputs were compared; after those only what holds for any trace was checked.
  std::size_t compared_steps = 0;
};

// Replays a trace on its subject.
Verdict replay(const Trace& trace, const Subject& subject);

}  // namespace azure::iot::device::conformance
