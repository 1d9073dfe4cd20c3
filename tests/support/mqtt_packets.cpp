#include "tests/support/mqtt_packets.hpp"

namespace azure::iot::device::test {
namespace {

std::string two_bytes(std::uint16_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

std::uint16_t number_at(const std::string& bytes, std::size_t position) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes.at(position)) << 8 |
                                    static_cast<unsigned char>(bytes.at(position + 1)));
}

std::string remaining_length(std::size_t length) {
  std::string bytes;
  do {
    const char low = static_cast<char>(length & 0x7f);
    length >>= 7;
    bytes += static_cast<char>(low | (length > 0 ? 0x80 : 0));
  } while (length > 0);
  return bytes;
}

// Where the remaining length ends.
std::size_t begin_of_body(const std::string& packet) {
  std::size_t position = 1;
  while ((packet.at(position++) & 0x80) != 0) {
  }
  return position;
}

}  // namespace

std::string connack(int code, bool session_present) {
  return {0x20, 2, static_cast<char>(session_present), static_cast<char>(code)};
}

std::string puback(std::uint16_t mid) { return std::string{0x40, 2} + two_bytes(mid); }

std::string suback(std::uint16_t mid, int code) {
  return std::string{static_cast<char>(0x90), 3} + two_bytes(mid) + static_cast<char>(code);
}

std::string unsuback(std::uint16_t mid) {
  return std::string{static_cast<char>(0xb0), 2} + two_bytes(mid);
}

std::string pingresp() { return {static_cast<char>(0xd0), 0}; }

std::string publish_packet(std::string_view topic, std::string_view payload) {
  std::string body = two_bytes(static_cast<std::uint16_t>(topic.size()));
  body.append(topic).append(payload);
  return std::string{0x30} + remaining_length(body.size()) + body;
}

std::string header_of_256_mb() { return "\x30\xff\xff\xff\x7f"; }

std::string read_packet(const std::function<std::string(std::size_t size)>& read) {
  std::string packet = read(1);
  std::size_t length = 0;
  for (int shift = 0;; shift += 7) {
    const std::string byte = read(1);
    if (byte.empty()) return {};
    packet += byte;
    length |= static_cast<std::size_t>(byte[0] & 0x7f) << shift;
    if ((byte[0] & 0x80) == 0) break;
  }
  const std::string rest = read(length);
  return rest.size() == length ? packet + rest : std::string();
}

PacketType type_of(const std::string& packet) {
  return static_cast<PacketType>(static_cast<unsigned char>(packet.at(0)) >> 4);
}

std::uint16_t mid_of(const std::string& packet) {
  if (packet.size() < 4) return 0;
  std::size_t position = begin_of_body(packet);
  if (type_of(packet) == PacketType::publish) position += 2U + number_at(packet, position);
  return number_at(packet, position);
}

bool is_sent_again(const std::string& publish) { return (publish.at(0) & 0x08) != 0; }

std::string payload_of(const std::string& publish) {
  const std::size_t topic = begin_of_body(publish);
  return publish.substr(topic + 2U + number_at(publish, topic) + 2U);
}

std::string client_id_of(const std::string& connect) {
  constexpr std::size_t kBefore = 10;  // "MQTT" with its length, level, flags, keep-alive.
  const std::size_t id = begin_of_body(connect) + kBefore;
  return connect.substr(id + 2, number_at(connect, id));
}

}  // namespace azure::iot::device::test
