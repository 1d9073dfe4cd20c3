#pragma once

#include <cstdint>

namespace azure::iot::device {

// Names an operation that is held in a PendingOps. Never names another one later on, so that a late
// answer finds nothing. The default names none.
struct OpKey {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;

  explicit operator bool() const { return generation != 0; }
  friend bool operator==(OpKey, OpKey) = default;
};

}  // namespace azure::iot::device
