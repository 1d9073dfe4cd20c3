#pragma once

#include <cstdint>
#include <string>

namespace azure::iot::device {

enum class ProxyType { http, socks4, socks5 };

// A proxy through which everything is dialled. The proxy resolves the names behind it, except where
// its type is socks4, which may know addresses alone: it is given a name (SOCKS4a) where the name
// cannot be resolved here. (Python: ProxyOptions.)
//
//   ProxyOptions proxy{.type = ProxyType::http, .address = "proxy.example.com", .port = 3128};
struct ProxyOptions {
  // Wipes the password. While it dials, libcurl has copies, which are its own.
  ~ProxyOptions();

  ProxyType type = ProxyType::http;  // HTTP CONNECT.
  std::string address = {};          // A name or an IP address.
  std::uint16_t port = 0;
  // For a proxy that wants them: HTTP has basic authentication, SOCKS4 a user name alone. What does
  // not go to the proxy is warned of in the log: the password where it is one of SOCKS4, a user
  // name without a password where it is another, as in Python.
  std::string username = {};
  std::string password = {};
};

// Whether the proxy is shown who asks. A name without a password proves nothing, except to SOCKS4,
// which has no passwords.
bool shows_credentials(const ProxyOptions& proxy);

}  // namespace azure::iot::device
