#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/conformance/wire/compare.hpp"
#include "tools/conformance/wire/vector.hpp"

namespace azure::iot::device::conformance::wire {

// The outcome of replaying a vector.
struct Replayed {
  // The reason why no such program compiles; then nothing else is known.
  std::optional<std::string> compile_time;
  std::vector<Deviation> deviations;
};

// Replays a vector on a client of its own, against a service of its own, in real time. Many may run
// at once.
Replayed replay(const Vector& vector);

}  // namespace azure::iot::device::conformance::wire
