#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/proxy_options.hpp"
#include "tests/support/loopback_program.hpp"

namespace azure::iot::device::test {

// The type of a proxy, and the Debian program that serves it.
enum class Passage {
  http,         // tinyproxy
  http_basic,   // The same with a user name and a password.
  socks4,       // dante
  socks5,       // microsocks
  socks5_user,  // The same with a user name and a password.
};
inline constexpr Passage kPassages[] = {Passage::http, Passage::http_basic, Passage::socks4,
                                        Passage::socks5, Passage::socks5_user};
std::string to_string(Passage passage);

inline const std::string kProxyUser = "proxy-user";
inline const std::string kProxyPassword = "planted-proxy-password";

// A real proxy on a free port of 127.0.0.1, as unpacked by tools/fetch_proxies. Ends with the
// object.
class ProxyProcess {
 public:
  // With `only_port` it refuses all other ports; microsocks cannot.
  explicit ProxyProcess(Passage passage, std::uint16_t only_port = 0);

  // The options with which a client uses it.
  ProxyOptions options() const;
  std::uint16_t port() const { return port_; }

  // Its connections end with it. It starts again at the same port.
  void kill() { program_.kill(); }
  void start() { program_.start(); }
  // Suspends it; its sockets stay.
  void freeze() { program_.freeze(); }
  void thaw() { program_.thaw(); }

 private:
  const Passage passage_;
  TemporaryFolder folder_;
  std::uint16_t port_;
  LoopbackProgram program_;
};

}  // namespace azure::iot::device::test
