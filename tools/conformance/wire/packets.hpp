#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pipeline/json/json.hpp"

// MQTT packets as the vectors write them.
namespace azure::iot::device::conformance::wire {

// Describes a packet of a client, or returns {"packet": "unreadable"}.
Json read_packet(const std::string& packet);

// Writes a PUBLISH of a server.
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
