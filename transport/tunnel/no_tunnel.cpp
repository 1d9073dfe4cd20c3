#include "transport/tunnel/tunnel.hpp"

// In the place of tunnel.cpp where the library is built without libcurl and wslay.

namespace azure::iot::device {

bool Tunnel::available() { return false; }

std::unique_ptr<Tunnel> Tunnel::create(EventLoop&, std::shared_ptr<TlsContext>, const Route&,
                                       const std::vector<std::string>&, UniqueFd, Done, Ending) {
  return nullptr;
}

}  // namespace azure::iot::device
