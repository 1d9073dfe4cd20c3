#pragma once

#include <cstdint>
#include <string>

#include "simulation/schedule.hpp"

namespace azure::iot::device::simulation {

// The shortest schedule, out of the steps of this seed's, that breaks the same promise.
Schedule shrink_schedule(std::uint64_t seed);

// The broken promise, how to see it again, and the steps that are left of the schedule.
std::string explain_failure(std::uint64_t seed);

}  // namespace azure::iot::device::simulation
