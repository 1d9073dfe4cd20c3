#include "broker/endurance/silent_ports.hpp"

#include <stdexcept>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/loopback.hpp"

namespace azure::iot::device::test {

Socket::Socket(int flags) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0)) {
  if (fd_ < 0) throw std::runtime_error("no socket for the test");
}
Socket::Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);
}

std::uint16_t Socket::bind() const { return bind_to_loopback(fd_); }

FullPort::FullPort() {
  ::listen(socket_.fd(), 0);
  const sockaddr_in address = loopback(number_);
  for (int i = 0; i < 4; ++i) {
    const Socket& queued = queued_.emplace_back(SOCK_NONBLOCK);
    ::connect(queued.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
}

SilentPort::SilentPort() {
  ::listen(socket_.fd(), 16);
  thread_ = std::thread([this] { serve(); });
}

SilentPort::~SilentPort() {
  stopping_ = true;
  ::shutdown(socket_.fd(), SHUT_RDWR);
  if (const int client = client_; client >= 0) ::shutdown(client, SHUT_RDWR);
  thread_.join();
}

void SilentPort::serve() {
  char bytes[4096];
  while (!stopping_) {
    const int client = ::accept4(socket_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    client_ = client;
    while (!stopping_ && ::read(client, bytes, sizeof bytes) > 0) {
    }
    client_ = -1;
    ::close(client);
  }
}

}  // namespace azure::iot::device::test
