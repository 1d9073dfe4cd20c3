#pragma once

#include <cstdint>
#include <string>

namespace azure::iot::device {

enum class ProxyType { http, socks4, socks5 };

// A proxy through which everything is dialled. The proxy resolves the names behind it, except where
// its type is socks4, which knows addresses alone. (Python: ProxyOptions.)
//
//   ProxyOptions proxy{.type = ProxyType::http, .address = "proxy.example.com", .port = 3128};
struct ProxyOptions {
  // Wipes the password. While it dials, libcurl has copies, which are its own.
  ~ProxyOptions();

  ProxyType type = ProxyType::http;  // HTTP CONNECT.
  std::string address = {};          // A name or an IP address.
  std::uint16_t port = 0;
  // For a proxy that wants them: HTTP has basic authentication, SOCKS4 a user name alone.
  std::string username = {};
  std::string password = {};
};

}  // namespace azure::iot::device
