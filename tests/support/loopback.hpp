#pragma once

#include <cstdint>

#include <netinet/in.h>

namespace azure::iot::device::test {

// That port of 127.0.0.1.
sockaddr_in loopback(std::uint16_t port);
// Binds a socket to a free port of 127.0.0.1, and returns the port.
std::uint16_t bind_to_loopback(int fd);

// A port of the loopback interface without a listener at this moment.
std::uint16_t free_port();

}  // namespace azure::iot::device::test
