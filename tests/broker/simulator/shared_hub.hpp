// The simulator shared by the test cases here that need none of their own.
#pragma once

#include <chrono>
#include <string>

#include "raw_device.hpp"
#include "support/simulator_process.hpp"

namespace azure::iot::device::test {

// Its devices are d1 to d40 and d1/m1. Each test case uses a device that no other uses.
SimulatorProcess& shared_hub();

pid_t broker_of(const SimulatorProcess& hub);

// The program as a user runs it from another shell.
struct Outcome {
  int status;
  std::string output;  // Standard output and error.
};
Outcome run(const std::string& arguments, const std::string& environment = {});

inline const std::string kC2dFilter = "/messages/devicebound/#";
inline const std::string kMethodFilter = "$iothub/methods/POST/#";
inline const std::string kTwinFilter = "$iothub/twin/res/#";
inline const std::string kDesiredFilter = "$iothub/twin/PATCH/properties/desired/#";

}  // namespace azure::iot::device::test
