#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "clients/iothub_device_client.hpp"
#include "support/simulator_process.hpp"

namespace azure::iot::device::test {

std::string contents_of(const std::string& path);

// One hub for all tests that break nothing, with a device of its own for each of them.
SimulatorProcess& shared_hub();
// The id of a device of that hub that no other test has.
std::string next_device();

// A client of a device of `hub`, which need not be the shared one.
IoTHubDeviceClient make_client(const SimulatorProcess& hub, const std::string& device,
                               ConnectionStringOptions options = {});

// Waits, up to ten seconds, until `condition` holds.
bool eventually(const std::function<bool()>& condition);

// Wall and processor time of this process since it was made.
class Stopwatch {
 public:
  Stopwatch();
  std::chrono::milliseconds passed() const;
  std::chrono::milliseconds cpu() const;

 private:
  std::chrono::steady_clock::time_point start_;
  std::chrono::microseconds cpu_start_;
};

}  // namespace azure::iot::device::test
