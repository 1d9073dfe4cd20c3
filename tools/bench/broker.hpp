#pragma once

#include <cstdint>
#include <filesystem>

#include "launcher/broker_process.hpp"
#include "launcher/certificates.hpp"
#include "launcher/run_directory.hpp"

namespace azure::iot::device::bench {

// Debian's mosquitto broker on free ports of 127.0.0.1 with TLS, in a private folder that is
// removed with it. It admits every client, since it holds no secrets. Throws std::runtime_error if
// it does not serve.
class Broker {
 public:
  Broker();

  std::uint16_t port() const { return port_; }
  std::uint16_t websocket_port() const { return websocket_port_; }
  const std::filesystem::path& ca_file() const { return certificates_.ca; }

 private:
  void wait_until_it_serves(std::uint16_t port);

  simulator::RunDirectory directory_{std::nullopt};
  simulator::CertificateFiles certificates_;
  std::uint16_t port_;
  std::uint16_t websocket_port_;
  simulator::BrokerProcess process_;
};

}  // namespace azure::iot::device::bench
