#pragma once

#include <cstdint>
#include <string>

namespace azure::iot::device::simulation {

// One connection, as the network numbers it; 0 is none.
using LinkId = std::uint32_t;

// The traffic of the network: an MQTT packet, or the end of the stream.
struct Packet {
  enum class Kind : std::uint8_t {
    connect,  // `payload` is the password.
    connack,  // `code`, and whether there was a session.
    publish,
    puback,
    subscribe,
    suback,  // `code` 0x80: refused.
    unsubscribe,
    unsuback,
    disconnect,
    hang_up,
  };
  Kind kind = Kind::hang_up;
  std::uint8_t code = 0;
  bool session_present = false;
  bool again = false;     // DUP.
  std::uint16_t mid = 0;  // 0 of a publish: QoS 0.
  std::string topic = {};
  std::string payload = {};
};

}  // namespace azure::iot::device::simulation
