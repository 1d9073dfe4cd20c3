// Everything the hub sees and does, one JSON object a line. Written before anybody is answered, so
// that what a device was told is here even if the broker is killed in the next instant.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "common/files.hpp"
#include "common/json.hpp"
#include "hub/identity.hpp"

namespace azure::iot::device::simulator {

class EventLog {
 public:
  explicit EventLog(const std::filesystem::path& path);

  // An event's first members: kind, time, device and module. Add to it, then `write` it.
  static JsonObject event(std::string_view kind);
  static JsonObject event(std::string_view kind, const Identity& identity);

  // Throws std::system_error when the disk is full; then nobody must be told that it was kept.
  void write(const JsonObject& event);

 private:
  Fd file_;
};

// Adds `payload`, or `payload_b64` when the bytes are not UTF-8.
void add_payload(JsonObject& event, std::string_view payload);

}  // namespace azure::iot::device::simulator
