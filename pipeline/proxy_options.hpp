#pragma once

#include <cstdint>
#include <string>

namespace azure::iot::device {

enum class ProxyType { http, socks4, socks5 };

// A proxy for all connections. The proxy resolves the server's name. Exception: a socks4 proxy may
// support addresses only, so the name is resolved here, and sent (SOCKS4a) only if that fails.
// (Python: ProxyOptions.)
//
//   ProxyOptions proxy{.type = ProxyType::http, .address = "proxy.example.com", .port = 3128};
struct ProxyOptions {
  // Wipes the password. While dialling, libcurl holds copies of its own.
  ~ProxyOptions();

  ProxyType type = ProxyType::http;  // HTTP CONNECT.
  std::string address = {};          // A name or an IP address.
  std::uint16_t port = 0;
  // Credentials, for a proxy that requires them. HTTP uses basic authentication; SOCKS4 has a user
  // name only. As in Python, a SOCKS4 proxy is not sent the password, and other proxies are not
  // sent a user name without a password. The log warns of a value that is not sent.
  std::string username = {};
  std::string password = {};
};

// Returns whether credentials are sent to the proxy. A user name without a password is sent only to
// a SOCKS4 proxy, since SOCKS4 has no passwords.
bool shows_credentials(const ProxyOptions& proxy);

}  // namespace azure::iot::device
