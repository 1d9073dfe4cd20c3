#pragma once

#include <cstdint>

namespace azure::iot::device {

// Counts of the bytes of MQTT that a carrier has delivered and accepted so far.
struct CarriedBytes {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
};

}  // namespace azure::iot::device
