#pragma once

#include <string>
#include <string_view>

#include "../result.hpp"

namespace azure::iot::device {

// Signs the content of a token with a private key: in memory (symmetric_key.hpp) or in a hardware
// module.
class SigningMechanism {
 public:
  virtual ~SigningMechanism() = default;

  // Returns the signature in base64. Called on the pipeline's thread when the token is renewed, so
  // it must not block for long.
  virtual Result<std::string> sign(std::string_view data) = 0;
};

}  // namespace azure::iot::device
