#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tools/bench/measurement.hpp"

namespace azure::iot::device::bench {

// Runs a job in a process of its own, so that memory and processor time are those of one mode
// alone. Kills it after `limit`. Throws std::runtime_error if it failed, having printed its reason,
// or was killed.
Figures run_in_process(const Job& job, std::chrono::duration<double> limit);

// The arguments of that process, and its main function, which prints its figures as JSON.
std::vector<std::string> worker_arguments(const Job& job);
void run_worker(const Job& job);

}  // namespace azure::iot::device::bench
