#pragma once

#include <cstdint>
#include <string>

#include "tests/support/loopback_program.hpp"
#include "tests/support/test_certificates.hpp"

namespace azure::iot::device::test {

// Debian's mosquitto broker on a free port of 127.0.0.1, with TLS; user "device", password
// "secret". Ends with the object.
class BrokerProcess {
 public:
  BrokerProcess();

  std::uint16_t port() const { return port_; }
  const std::string& ca() const { return certificate_.ca; }

  // The broker is stopped and started again. Sessions do not outlive it.
  void kill() { broker_.kill(); }
  void start() { broker_.start(); }
  // Suspends the broker; its sockets stay.
  void freeze() { broker_.freeze(); }
  void thaw() { broker_.thaw(); }

 private:
  TemporaryFolder folder_;
  ServerCertificate certificate_;
  std::uint16_t port_;
  LoopbackProgram broker_;
};

}  // namespace azure::iot::device::test
