#pragma once

#include <stdexcept>
#include <string>

namespace azure::iot::device::test {

// Returns the text with which `f` refuses an argument or option, and nothing if it does not. Other
// exceptions pass.
template <class F>
std::string refusal_of(F f) {
  try {
    f();
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return {};
}

}  // namespace azure::iot::device::test
