#pragma once

#include <string>

namespace azure::iot::device {

// Overwrites a text that was secret, in a way that no compiler leaves out, and empties it.
void wipe(std::string& secret) noexcept;

// Overwrites what functions that have returned may have left of secrets on the stack.
void wipe_stack() noexcept;

}  // namespace azure::iot::device
