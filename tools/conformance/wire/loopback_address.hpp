#pragma once

#include <cstdint>
#include <string>

#include "pipeline/loop/unique_fd.hpp"

namespace azure::iot::device::conformance::wire {

// An address of 127.0.0.0/8 that no other process uses, so that a server can have the port that a
// client dials by default, side by side with other servers.
class LoopbackAddress {
 public:
  // Throws std::runtime_error if none is free.
  explicit LoopbackAddress(std::uint16_t port);

  const std::string& ip() const { return ip_; }
  std::uint16_t port() const { return port_; }

 private:
  std::string ip_;
  std::uint16_t port_;
  UniqueFd claim_;
};

}  // namespace azure::iot::device::conformance::wire
