#include "simulation/failure.hpp"

#include "simulation/shrink.hpp"
#include "simulation/simulation.hpp"

namespace azure::iot::device::simulation {

Schedule shrink_schedule(std::uint64_t seed) {
  Schedule schedule = make_schedule(seed);
  const auto violation = simulate(schedule).violation;
  if (!violation) return schedule;
  schedule.steps = shrink(schedule.steps, [&](const std::vector<Step>& steps) {
    const auto again = simulate({.settings = schedule.settings, .steps = steps}).violation;
    return again && again->promise == violation->promise;
  });
  return schedule;
}

std::string explain_failure(std::uint64_t seed) {
  const Schedule schedule = shrink_schedule(seed);
  const auto violation = simulate(schedule).violation;
  if (!violation) return {};
  return "seed " + std::to_string(seed) + " breaks the promise \"" +
         std::string(violation->promise) + "\": " + violation->detail + ", at " +
         describe(violation->when - SteadyTime{}) + "\nthe shortest schedule that does:\n" +
         describe(schedule) + "see everything with: simulation --seed " + std::to_string(seed) +
         " --verbose\n";
}

}  // namespace azure::iot::device::simulation
