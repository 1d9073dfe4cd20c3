// The configuration file of the mosquitto broker.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "launcher/certificates.hpp"

namespace azure::iot::device::simulator {

struct BrokerConfig {
  std::filesystem::path directory;  // Session database and log.
  std::filesystem::path plugin;
  std::filesystem::path hub_config;
  std::filesystem::path control_socket;  // Where the launcher's own connection comes in.
  CertificateFiles certificates;
  std::string address;
  std::uint16_t mqtt_port;
  bool verbose;  // Log each packet.
};

std::string to_mosquitto_conf(const BrokerConfig& config);

}  // namespace azure::iot::device::simulator
