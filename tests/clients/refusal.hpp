#pragma once

#include <stdexcept>
#include <string>

namespace azure::iot::device::test {

// Returns the text of the std::invalid_argument with which `f` rejects an argument or option; empty
// if it does not. Other exceptions propagate.
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
