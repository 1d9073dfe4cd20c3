#pragma once

#include <cstdint>

namespace azure::iot::device {

// Identifies an operation held in a PendingOps. A key is never reused, so that a late answer finds
// no operation. The default key identifies none.
struct OpKey {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;

  explicit operator bool() const { return generation != 0; }
  friend bool operator==(OpKey, OpKey) = default;
};

}  // namespace azure::iot::device
