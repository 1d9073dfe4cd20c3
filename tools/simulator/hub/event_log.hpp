// The log of all that the hub sees and does, one JSON object a line. An event is written before any
// answer is sent, so that the log holds whatever a device has received, even if the broker is
// killed in the next instant.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

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

  // Throws std::system_error if the disk is full. Then the event must have no effect: write it
  // before making the change that it reports.
  void write(const JsonObject& event);

  // Logs a change that is made in any case. On a full disk the event is lost; see take_failure.
  void note(const JsonObject& event);

  // Returns the reason why `note` failed since the last call, if it did.
  std::optional<std::string> take_failure() { return std::exchange(failure_, std::nullopt); }

 private:
  Fd file_;
  std::string what_;
  std::optional<std::string> failure_;
};

// Adds `payload`, or `payload_b64` when the bytes are not UTF-8.
void add_payload(JsonObject& event, std::string_view payload);

}  // namespace azure::iot::device::simulator
