#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "clients/iothub_device_client.hpp"
#include "clients/iothub_module_client.hpp"
#include "support/simulator_process.hpp"

namespace azure::iot::device::test {

std::string contents_of(const std::string& path);

// One hub for all tests that break nothing. Each test uses a device of its own.
SimulatorProcess& shared_hub();
// The id of a device of that hub that no other test uses; for a module, "device/module".
std::string next_device();
std::string next_module();

// Creates a client for a device or module of `hub`, which need not be the shared one.
IoTHubDeviceClient make_client(const SimulatorProcess& hub, const std::string& device,
                               ConnectionStringOptions options = {});
IoTHubModuleClient make_module_client(const SimulatorProcess& hub, const std::string& module,
                                      ConnectionStringOptions options = {});

// Waits until `condition` holds, for at most `patience`.
bool eventually(const std::function<bool()>& condition,
                std::chrono::seconds patience = std::chrono::seconds(10));

// Wall and processor time of this process since construction.
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
