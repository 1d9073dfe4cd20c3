#pragma once

#include <cstdint>

namespace azure::iot::device {

// How many bytes of MQTT a carrier has brought and taken so far.
struct CarriedBytes {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
};

}  // namespace azure::iot::device
