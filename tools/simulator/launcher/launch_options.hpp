// Options with which a simulated hub or provisioning service is started.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dps/config.hpp"
#include "hub/config.hpp"
#include "launcher/broker_config.hpp"
#include "launcher/certificates.hpp"

namespace azure::iot::device::simulator {

struct LaunchOptions {
  std::vector<DeviceConfig> devices;
  std::map<std::string, std::string> policies;
  std::vector<Route> routes;
  Limits limits;
  std::vector<std::string> host_names;  // Names besides localhost, 127.0.0.1 and 127.0.0.2.
  ServerCertificate server_certificate = ServerCertificate::good;
  std::optional<std::filesystem::path> directory;
  std::string address;      // Address of 127.0.0.0/8 to listen at; empty: 127.0.0.1.
  BrokerPorts ports;        // 0: a free one.
  bool websockets = false;  // Whether to listen for WebSockets.
  std::vector<std::string> certificates_to_make;  // The common names.
  // Those that devices and groups brought, by their names.
  std::map<std::string, std::filesystem::path> own_certificates;
  std::vector<std::filesystem::path> device_cas;  // Authorities besides the simulator's own.
  bool until_stdin_closes = false;
  bool verbose = false;
  std::optional<DpsConfig> dps;  // Set for a provisioning service, empty for a hub.
};

}  // namespace azure::iot::device::simulator
