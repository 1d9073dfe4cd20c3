// The configuration file of the mosquitto broker.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>

#include "launcher/certificates.hpp"

namespace azure::iot::device::simulator {

// The broker's ports. 0: no listener.
struct BrokerPorts {
  std::uint16_t mqtt = 0;
  std::uint16_t x509 = 0;
  std::uint16_t websocket = 0;
  std::uint16_t x509_websocket = 0;

  std::array<std::uint16_t, 4> all() const { return {mqtt, x509, websocket, x509_websocket}; }
};

struct BrokerConfig {
  std::filesystem::path directory;  // The folder of the session database and the log.
  std::filesystem::path plugin;
  std::filesystem::path hub_config;
  std::filesystem::path control_socket;  // The socket of the launcher's own connection.
  CertificateFiles certificates;
  std::filesystem::path device_cas;  // Authorities trusted at the port for certificates.
  std::filesystem::path trusted;     // Authorities and certificates added later: see trust.hpp.
  std::string address;
  BrokerPorts ports;
  bool verbose;  // Log each packet.
};

std::string to_mosquitto_conf(const BrokerConfig& config);

}  // namespace azure::iot::device::simulator
