#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace azure::iot::device::test {

// Packets of a server, as they are on the wire.
std::string connack(int code, bool session_present = false);
std::string puback(std::uint16_t mid);
std::string suback(std::uint16_t mid, int code);
std::string unsuback(std::uint16_t mid);
std::string pingresp();
// A publish of QoS 0, of any size.
std::string publish_packet(std::string_view topic, std::string_view payload);
// The beginning of a publish that announces the maximum of MQTT: 268,435,455 bytes.
std::string header_of_256_mb();

// Returns the next whole packet of a stream of bytes; empty if the stream ends before. `read`
// returns exactly that many bytes, fewer only at the end.
std::string read_packet(const std::function<std::string(std::size_t size)>& read);

// Packets of a client, by the upper half of their first byte.
enum class PacketType : std::uint8_t {
  connect = 1,
  publish = 3,
  puback = 4,
  subscribe = 8,
  unsubscribe = 10,
  pingreq = 12,
  disconnect = 14,
};
PacketType type_of(const std::string& packet);
// The packet identifier of a PUBLISH (QoS 1), SUBSCRIBE or UNSUBSCRIBE; 0 of a packet that
// has none.
std::uint16_t mid_of(const std::string& packet);

// The content of a PUBLISH of QoS 1.
bool is_sent_again(const std::string& publish);
std::string payload_of(const std::string& publish);
// The client id of a CONNECT.
std::string client_id_of(const std::string& connect);

}  // namespace azure::iot::device::test
