// How a running simulator is reached, as it says so when it serves.
#pragma once

#include <string>

#include "launcher/broker_config.hpp"
#include "launcher/certificates.hpp"
#include "launcher/launch_options.hpp"
#include "launcher/run_directory.hpp"

namespace azure::iot::device::simulator {

// What it runs with. Refers to all of it.
struct Running {
  const LaunchOptions& options;  // With an address.
  const RunDirectory& directory;
  const CertificateFiles& certificates;
  const BrokerPorts& ports;
};

// One line of JSON, without its end.
std::string ready_line(const Running& running);

// The hub's name where it listens at that address, as it stands in connection strings.
const std::string& host_name(const std::string& address);
// "device" or "device/module".
std::string name_of(const DeviceConfig& device);

}  // namespace azure::iot::device::simulator
