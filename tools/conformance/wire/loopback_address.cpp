#include "tools/conformance/wire/loopback_address.hpp"

#include <random>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace azure::iot::device::conformance::wire {

// Claims the address with a socket of another protocol, which only one process can bind.
LoopbackAddress::LoopbackAddress(std::uint16_t port) : port_(port) {
  constexpr int kTries = 100;
  std::random_device random;
  for (int i = 0; i < kTries; ++i) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 0x100 + random() % 0xfffc00);
    UniqueFd claim(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (::bind(claim.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      continue;
    }
    char text[INET_ADDRSTRLEN];
    ip_ = ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
    claim_ = std::move(claim);
    return;
  }
  throw std::runtime_error("no address of 127.0.0.0/8 has the port " + std::to_string(port) +
                           " free");
}

}  // namespace azure::iot::device::conformance::wire
