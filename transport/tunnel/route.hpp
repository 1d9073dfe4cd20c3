#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "../../pipeline/proxy_options.hpp"

namespace azure::iot::device {

// The route to a server.
struct Route {
  std::string hostname;
  std::uint16_t port = 0;
  std::optional<ProxyOptions> proxy;
  bool websockets = false;

  // The host that is dialled, and its port.
  const std::string& first_hop() const { return proxy ? proxy->address : hostname; }
  std::uint16_t first_port() const { return proxy ? proxy->port : port; }
  // Whether the TCP connection needs a proxy or a WebSocket before it can carry MQTT.
  bool needs_tunnel() const { return proxy || websockets; }
  // Whether the address of the server is needed as well: some SOCKS4 proxies accept no names.
  bool wants_address_of_server() const { return proxy && proxy->type == ProxyType::socks4; }
};

// For messages: "the proxy at proxy.example.com:3128", "a SOCKS5 proxy".
std::string name_of(const ProxyOptions& proxy);
std::string_view kind_of(ProxyType type);

}  // namespace azure::iot::device
