#pragma once

#include <initializer_list>
#include <string>

#include "tests/support/transport_configs.hpp"

// The protocol texts of proxies, for scripted servers.
namespace azure::iot::device::test {

inline std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

inline std::string read_head(ScriptedConnection& client) {
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {
    const std::string byte = client.read(1);
    if (byte.empty()) break;
    head += byte;
  }
  return head;
}

// The replies of SOCKS to a connection request: version, code, an address of zeros.
inline std::string socks4_reply(int code) { return bytes({0, code, 0, 0, 0, 0, 0, 0}); }
inline std::string socks5_reply(int code) { return bytes({5, code, 0, 1, 0, 0, 0, 0, 0, 0}); }
inline const std::string kNoAuthentication = bytes({5, 0});

// Reads the target that a client of SOCKS4 or SOCKS5 requests. Returns the port, and the name or
// address.
inline std::string read_socks4_target(ScriptedConnection& client) {
  std::string request = client.read(8);
  const auto read_text = [&] {
    std::string text;
    for (std::string c; !(c = client.read(1)).empty() && c[0] != '\0';) text += c;
    return text;
  };
  const std::string user = read_text();
  const bool by_name = request.substr(4, 3) == std::string(3, '\0') && request[7] != '\0';
  return user + "@" + (by_name ? read_text() : "address");
}
inline std::string read_socks5_target(ScriptedConnection& client) {
  const std::string head = client.read(5);
  if (head.size() < 5) return {};
  const std::string rest = client.read(static_cast<unsigned char>(head[4]) + 2U);
  return rest.substr(0, rest.size() - 2);
}

// Serves a client after a proxy has made its connection.
inline void serve_behind_proxy(ScriptedConnection& client) {
  if (!client.accept_client(certificate())) return;
  for (std::string packet; !(packet = client.read_packet()).empty();) {
    if (type_of(packet) == PacketType::publish) client.write(puback(mid_of(packet)));
  }
}

inline MqttTransportConfig behind(const ScriptedServer& proxy, ProxyType type,
                                  const std::string& username = {},
                                  const std::string& password = {}) {
  auto config = config_for(8883, certificate().ca);
  config.proxy_options = ProxyOptions{.type = type,
                                      .address = "127.0.0.1",
                                      .port = proxy.port(),
                                      .username = username,
                                      .password = password};
  return config;
}

}  // namespace azure::iot::device::test
