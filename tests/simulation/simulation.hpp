#pragma once

#include <iosfwd>

#include "simulation/report.hpp"
#include "simulation/schedule.hpp"

namespace azure::iot::device::simulation {

// Runs one schedule in virtual time: the chain of a hub client as it is assembled for users, over a
// network and a hub that follow the schedule. At the end all faults cease, the client has to
// recover, and is then closed. Stops at the first promise that is broken. With a `trace`, every
// event is written there.
//
//   Report report = simulate(make_schedule(42));
//   if (report.violation) ...
Report simulate(const Schedule& schedule, std::ostream* trace = nullptr);

}  // namespace azure::iot::device::simulation
