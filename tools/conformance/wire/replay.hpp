#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/conformance/wire/compare.hpp"
#include "tools/conformance/wire/vector.hpp"

namespace azure::iot::device::conformance::wire {

// What came of replaying a vector.
struct Replayed {
  // Why no program that does this is compiled; nothing else is known then.
  std::optional<std::string> compile_time;
  std::vector<Deviation> deviations;
};

// Replays it on a client of its own, against a service of its own, in as much time as it takes.
// Many may run at once.
Replayed replay(const Vector& vector);

}  // namespace azure::iot::device::conformance::wire
