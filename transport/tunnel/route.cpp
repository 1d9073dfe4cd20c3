#include "transport/tunnel/route.hpp"

namespace azure::iot::device {

std::string name_of(const ProxyOptions& proxy) {
  return "the proxy at " + proxy.address + ":" + std::to_string(proxy.port);
}

std::string_view kind_of(ProxyType type) {
  switch (type) {
    case ProxyType::http: return "an HTTP proxy";
    case ProxyType::socks4: return "a SOCKS4 proxy";
    case ProxyType::socks5: return "a SOCKS5 proxy";
  }
  return "a proxy";
}

}  // namespace azure::iot::device
