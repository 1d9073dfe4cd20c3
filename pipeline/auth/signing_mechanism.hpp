#pragma once

#include <string>
#include <string_view>

#include "../result.hpp"

namespace azure::iot::device {

// Signs what a token says, with a key that it keeps to itself: in memory (symmetric_key.hpp) or in
// a piece of hardware.
class SigningMechanism {
 public:
  virtual ~SigningMechanism() = default;

  // The signature in base64. Runs where the token is renewed, on the pipeline's thread: it must not
  // block for long.
  virtual Result<std::string> sign(std::string_view data) = 0;
};

}  // namespace azure::iot::device
