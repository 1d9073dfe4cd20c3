// The limits of the hub, by name, so that `--limit NAME=VALUE` can set each.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace azure::iot::device::simulator {

struct Limits {
  std::int64_t d2c_bytes = 256 * 1024;
  std::int64_t c2d_bytes = 64 * 1024;
  std::int64_t c2d_queue = 50;
  std::int64_t method_bytes = 128 * 1024;
  std::int64_t methods_in_flight = 0;
  std::int64_t subscriptions = 5;
  std::int64_t twin_bytes = 32 * 1024;
  std::int64_t token_grace = 0;
  std::int64_t keep_alive_cap = 1767;
  std::int64_t connect_rate = 0;
  std::int64_t telemetry_rate = 0;
  std::int64_t twin_read_rate = 0;
  std::int64_t twin_update_rate = 0;
  std::int64_t shaping = 5;
};

struct LimitName {
  const char* name;
  std::int64_t Limits::*value;
  const char* meaning;
};

// All of them, in the order of the struct.
std::span<const LimitName> limit_names();

// Sets a limit from `NAME=VALUE`. Throws std::invalid_argument for an unknown name, or a value that
// is no whole number from 0.
void set_limit(Limits& limits, std::string_view text);

}  // namespace azure::iot::device::simulator
