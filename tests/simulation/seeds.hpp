#pragma once

#include <cstdint>
#include <optional>

#include "simulation/report.hpp"

namespace azure::iot::device::simulation {

// Which schedules to run: `count` of them from `first`.
struct Seeds {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

// What running them came to. After a failure the schedules of later seeds need not have run.
struct Outcome {
  Counts counts;
  std::optional<std::uint64_t> failed;  // The first seed that fails.
};

Outcome run_seeds(const Seeds& seeds);

// The same shared among processes. Throws std::system_error if the system gives none, and
// std::runtime_error if one of them dies.
Outcome run_seeds_in_processes(const Seeds& seeds, unsigned processes);

}  // namespace azure::iot::device::simulation
