#pragma once

#include <string>

#include "tests/support/transport_configs.hpp"
#include "tests/support/web_socket_peer.hpp"

// A server of MQTT over WebSockets, as far as tests of the tunnel need one.
namespace azure::iot::device::test {

inline MqttTransportConfig over_web_socket(const ScriptedServer& server) {
  auto config = config_for(server);
  config.websockets = true;
  return config;
}

inline std::string frame(const std::string& payload) { return to_bytes({Opcode::binary, payload}); }

// Extracts MQTT packets from the frames of a client.
class Packets {
 public:
  explicit Packets(ScriptedConnection& client) : client_(client) {}
  // Empty once the client has hung up.
  std::string next() {
    return read_packet([this](std::size_t size) {
      while (bytes_.size() < size) {
        const Frame frame = read_frame(client_);
        if (frame.opcode == Opcode::close) return std::string();
        if (frame.opcode == Opcode::pong) ++pongs;
        if (frame.opcode == Opcode::binary) bytes_ += frame.payload;
      }
      const std::string taken = bytes_.substr(0, size);
      bytes_.erase(0, size);
      return taken;
    });
  }
  int pongs = 0;

 private:
  ScriptedConnection& client_;
  std::string bytes_;
};

inline bool open_web_socket(ScriptedConnection& client) {
  return client.start_tls(certificate()) && !accept_web_socket(client).empty();
}

// Also accepts the CONNECT.
inline bool accept(ScriptedConnection& client, Packets& packets) {
  if (!open_web_socket(client) || packets.next().empty()) return false;
  client.write(frame(connack(0)));
  return true;
}

inline void acknowledge(ScriptedConnection& client, Packets& packets) {
  for (std::string packet; !(packet = packets.next()).empty();) {
    if (type_of(packet) == PacketType::publish) client.write(frame(puback(mid_of(packet))));
  }
}

inline void serve_web_socket(ScriptedConnection& client) {
  Packets packets(client);
  if (accept(client, packets)) acknowledge(client, packets);
}

}  // namespace azure::iot::device::test
