#include "transport/tunnel/tunnel.hpp"

// Replaces tunnel.cpp in a build without libcurl and wslay.

namespace azure::iot::device {

bool Tunnel::available() { return false; }

std::unique_ptr<Tunnel> Tunnel::create(EventLoop&, std::shared_ptr<TlsContext>, const Route&,
                                       const std::vector<std::string>&, UniqueFd, Done, Ending) {
  return nullptr;
}

}  // namespace azure::iot::device
