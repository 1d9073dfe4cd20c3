#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <sys/types.h>

#include "tests/support/test_certificates.hpp"

namespace azure::iot::device::test {

// A port of the loopback interface that nothing listens on at this moment.
std::uint16_t free_port();

// A folder that only we can enter, and that goes with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Debian's mosquitto broker on a free port of 127.0.0.1, with TLS; user "device", password
// "secret". Ends with the object.
class BrokerProcess {
 public:
  BrokerProcess();
  ~BrokerProcess();
  BrokerProcess(const BrokerProcess&) = delete;
  BrokerProcess& operator=(const BrokerProcess&) = delete;

  std::uint16_t port() const { return port_; }
  const std::string& ca() const { return certificate_.ca; }

  // Sessions do not outlive it.
  void kill();
  void start();
  // The broker does not run meanwhile, but its sockets stay.
  void freeze();
  void thaw();

 private:
  TemporaryFolder folder_;
  ServerCertificate certificate_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace azure::iot::device::test
