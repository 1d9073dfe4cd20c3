#pragma once

#include <cstdint>

#include <netinet/in.h>

namespace azure::iot::device::test {

// That port of 127.0.0.1.
sockaddr_in loopback(std::uint16_t port);
// Binds a socket to a port of 127.0.0.1 that is free, and tells which.
std::uint16_t bind_to_loopback(int fd);

// A port of the loopback interface that nothing listens on at this moment.
std::uint16_t free_port();

}  // namespace azure::iot::device::test
