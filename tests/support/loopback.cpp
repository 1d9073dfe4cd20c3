#include "tests/support/loopback.hpp"

#include <stdexcept>

#include <sys/socket.h>
#include <unistd.h>

namespace azure::iot::device::test {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::uint16_t bind_to_loopback(int fd) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd, raw, size) != 0 || ::getsockname(fd, raw, &size) != 0) {
    throw std::runtime_error("no port for the test");
  }
  return ntohs(address.sin_port);
}

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const std::uint16_t port = bind_to_loopback(fd);
  ::close(fd);
  return port;
}

}  // namespace azure::iot::device::test
