#pragma once

#include <cstdint>
#include <optional>

#include "simulation/report.hpp"

namespace azure::iot::device::simulation {

// The schedules to run: `count` of them from `first`.
struct Seeds {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

// The result of running them. After a failure the schedules of later seeds need not have run.
struct Outcome {
  Counts counts;
  std::optional<std::uint64_t> failed;  // The first seed that fails.
};

Outcome run_seeds(const Seeds& seeds);

// Runs them in several processes. Throws std::system_error if the system gives none, and
// std::runtime_error if one of them dies.
Outcome run_seeds_in_processes(const Seeds& seeds, unsigned processes);

}  // namespace azure::iot::device::simulation
