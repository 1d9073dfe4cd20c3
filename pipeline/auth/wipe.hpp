#pragma once

#include <string>

namespace azure::iot::device {

// Overwrites a secret text, in a way that a compiler cannot optimize away, and empties it.
void wipe(std::string& secret) noexcept;

// Overwrites secrets that functions which have returned may have left on the stack.
void wipe_stack() noexcept;

}  // namespace azure::iot::device
