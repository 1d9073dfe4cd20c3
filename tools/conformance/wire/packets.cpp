#include "tools/conformance/wire/packets.hpp"

#include <stdexcept>
#include <utility>

#include "pipeline/auth/base64.hpp"
#include "pipeline/text/utf8.hpp"
#include "tests/support/mqtt_packets.hpp"

namespace azure::iot::device::conformance::wire {
namespace {

using test::PacketType;

// Reads the body of a packet in order; throws std::out_of_range where it is too short.
class Reader {
 public:
  explicit Reader(std::string_view packet) : rest_(packet) {
    take(1);
    while ((static_cast<unsigned char>(take(1)[0]) & 0x80) != 0) {
    }
  }

  bool at_end() const { return rest_.empty(); }
  int byte() { return static_cast<unsigned char>(take(1)[0]); }
  int number() {
    const int high = byte();
    return high << 8 | byte();
  }
  std::string text() { return std::string(take(static_cast<std::size_t>(number()))); }
  std::string rest() { return std::string(take(rest_.size())); }

 private:
  std::string_view take(std::size_t size) {
    if (size > rest_.size()) throw std::out_of_range("the packet is too short");
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::string_view rest_;
};

// Text, or {"b64": ...} for bytes that are no text.
Json text_or_bytes(const std::string& bytes) {
  if (find_invalid_utf8(bytes) == std::string_view::npos) return bytes;
  return {{"b64", encode_base64(bytes)}};
}

Json read_connect(Reader body) {
  Json packet{{"packet", "CONNECT"}};
  packet.set("protocol_name", body.text());
  packet.set("protocol_level", body.byte());
  const int flags = body.byte();
  packet.set("clean_session", (flags & 0x02) != 0);
  packet.set("keep_alive", body.number());
  packet.set("client_id", text_or_bytes(body.text()));
  if ((flags & 0x04) != 0) {
    const std::string topic = body.text();
    packet.set("will", {{"topic", topic}, {"payload", body.text()}});
  } else {
    packet.set("will", nullptr);
  }
  packet.set("username", (flags & 0x80) != 0 ? text_or_bytes(body.text()) : Json());
  packet.set("password", (flags & 0x40) != 0 ? text_or_bytes(body.text()) : Json());
  return packet;
}

Json read_publish(int flags, Reader body) {
  const int qos = flags >> 1 & 3;
  Json packet{{"packet", "PUBLISH"}};
  packet.set("topic", text_or_bytes(body.text()));
  if (qos > 0) body.number();
  packet.set("payload_b64", encode_base64(body.rest()));
  packet.set("qos", qos);
  packet.set("retain", (flags & 1) != 0);
  packet.set("dup", (flags & 8) != 0);
  return packet;
}

Json read_subscribe(Reader body) {
  body.number();
  Json subscriptions = Json::array();
  while (!body.at_end()) {
    const std::string topic = body.text();
    subscriptions.push_back({{"topic", text_or_bytes(topic)}, {"qos", body.byte()}});
  }
  return {{"packet", "SUBSCRIBE"}, {"subscriptions", std::move(subscriptions)}};
}

Json read_unsubscribe(Reader body) {
  body.number();
  Json topics = Json::array();
  while (!body.at_end()) topics.push_back(text_or_bytes(body.text()));
  return {{"packet", "UNSUBSCRIBE"}, {"topics", std::move(topics)}};
}

}  // namespace

Json read_packet(const std::string& packet) {
  try {
    const Reader body(packet);
    switch (test::type_of(packet)) {
      case PacketType::connect: return read_connect(body);
      case PacketType::publish: return read_publish(packet[0] & 0x0f, body);
      case PacketType::puback: return {{"packet", "PUBACK"}, {"acks", Reader(body).number()}};
      case PacketType::subscribe: return read_subscribe(body);
      case PacketType::unsubscribe: return read_unsubscribe(body);
      case PacketType::pingreq: return {{"packet", "PINGREQ"}};
      case PacketType::disconnect: return {{"packet", "DISCONNECT"}};
    }
  } catch (const std::out_of_range&) {
  }
  return {{"packet", "unreadable"}};
}

std::string publish_packet(const HubMessage& message, std::uint16_t mid) {
  std::string packet = test::publish_packet(message.topic, message.payload);
  if (message.retain) packet[0] = static_cast<char>(packet[0] | 1);
  if (message.qos == 0) return packet;
  // The identifier stands between the topic and the payload, and is counted.
  std::string payload{static_cast<char>(mid >> 8), static_cast<char>(mid & 0xff)};
  packet = test::publish_packet(message.topic, payload + message.payload);
  packet[0] = static_cast<char>(0x30 | message.qos << 1 | static_cast<int>(message.retain));
  return packet;
}

std::string payload_of(const Json& publish) {
  return decode_base64(publish["payload_b64"].as_string()).value_or("");
}

}  // namespace azure::iot::device::conformance::wire
