// A simulated provisioning service (`iothub-sim run-dps`) beside hubs that run, for as long as this
// object lives.
//
//   SimulatorProcess hub({.devices = {}});
//   DpsProcess dps({&hub}, {"--enrollment", "dev1"});
//   auto client = ProvisioningDeviceClient::create_from_symmetric_key(
//       dps.host(), "dev1", dps.id_scope(), dps.key("dev1"),
//       {.server_verification_cert = dps.ca_file(), .port = dps.port()});
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "support/simulator_process.hpp"

namespace azure::iot::device::test {

class DpsProcess {
 public:
  // The hubs outlive it. `arguments` are those of `iothub-sim run-dps`.
  DpsProcess(const std::vector<const SimulatorProcess*>& hubs, std::vector<std::string> arguments);

  const std::string& host() const { return process_.host(); }
  std::uint16_t port() const { return process_.port(); }
  const std::string& ca_file() const { return process_.ca_file(); }
  std::string id_scope() const;
  // For devices with a certificate.
  std::uint16_t x509_port() const { return process_.x509_port(); }
  // The key of an enrollment or a group that it was started with.
  std::string key(const std::string& name) const;

  // Those of an enrollment with a certificate; the key's only if the simulator made it.
  const CertificateFiles& certificate_files(const std::string& name) const {
    return process_.certificate_files(name);
  }

  // Changes an enrollment: members as in tools/simulator/dps/enrollment.hpp.
  void enroll(const std::string& name, const std::string& members) const;
  // The number of events of that kind of a device; of all devices without a name.
  std::size_t count(const std::string& kind, const std::string& registration_id = {}) const;

  const SimulatorProcess& process() const { return process_; }

 private:
  SimulatorProcess process_;
};

}  // namespace azure::iot::device::test
