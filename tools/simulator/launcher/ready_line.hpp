// The line that a simulator prints when it is ready, with the ways to reach it.
#pragma once

#include <string>

#include "launcher/broker_config.hpp"
#include "launcher/certificates.hpp"
#include "launcher/launch_options.hpp"
#include "launcher/run_directory.hpp"

namespace azure::iot::device::simulator {

// The parts of the line, all by reference.
struct Running {
  const LaunchOptions& options;  // With an address.
  const RunDirectory& directory;
  const CertificateFiles& certificates;
  const BrokerPorts& ports;
};

// Returns one line of JSON, without its end.
std::string ready_line(const Running& running);

// Returns the hub's name at that address, as it stands in connection strings.
const std::string& host_name(const std::string& address);
// "device" or "device/module".
std::string name_of(const DeviceConfig& device);

}  // namespace azure::iot::device::simulator
