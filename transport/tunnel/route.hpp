#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "../../pipeline/proxy_options.hpp"

namespace azure::iot::device {

// How a server is reached that is not dialled by libmosquitto itself.
struct Route {
  std::string hostname;
  std::uint16_t port = 0;
  std::optional<ProxyOptions> proxy;
  bool websockets = false;

  // Whose address is needed to begin with.
  const std::string& first_hop() const { return proxy ? proxy->address : hostname; }
  // Whether the address of the server is wanted, too: not every SOCKS4 proxy takes names.
  bool wants_address_of_server() const { return proxy && proxy->type == ProxyType::socks4; }
};

}  // namespace azure::iot::device
