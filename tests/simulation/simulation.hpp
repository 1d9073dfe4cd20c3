#pragma once

#include <iosfwd>

#include "simulation/report.hpp"
#include "simulation/schedule.hpp"

namespace azure::iot::device::simulation {

// Runs one schedule in virtual time: the chain of a hub client as it is assembled for users, over a
// network and a hub that do what the schedule says. At its end everything works again, the client
// has to come back to life, and is then closed. Stops at the first promise that is not kept. With a
// `trace` everything that happens is written there.
//
//   Report report = simulate(make_schedule(42));
//   if (report.violation) ...
Report simulate(const Schedule& schedule, std::ostream* trace = nullptr);

}  // namespace azure::iot::device::simulation
