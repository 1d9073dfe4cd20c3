#pragma once

#include <cstdint>
#include <string>

#include "simulation/schedule.hpp"

namespace azure::iot::device::simulation {

// The shortest schedule, out of the steps of this seed's, that breaks the same promise.
Schedule shrink_schedule(std::uint64_t seed);

// Prints the broken promise, how to reproduce it, and the remaining steps of the schedule.
std::string explain_failure(std::uint64_t seed);

}  // namespace azure::iot::device::simulation
