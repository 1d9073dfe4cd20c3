#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pipeline/json/json.hpp"

// MQTT packets as the vectors have them.
namespace azure::iot::device::conformance::wire {

// What a packet of a client says, or {"packet": "unreadable"}.
Json read_packet(const std::string& packet);

// A PUBLISH of a server.
struct HubMessage {
  std::string topic;
  std::string payload;
  int qos = 1;
  bool retain = false;
};
std::string publish_packet(const HubMessage& message, std::uint16_t mid);

// The payload of a packet that `read_packet` read.
std::string payload_of(const Json& publish);

}  // namespace azure::iot::device::conformance::wire
