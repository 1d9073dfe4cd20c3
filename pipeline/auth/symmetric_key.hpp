#pragma once

#include <string>
#include <string_view>

#include "signing_mechanism.hpp"

namespace azure::iot::device {

// Signs with a key in memory: HMAC-SHA256. The key is wiped when this dies.
//
//   auto signing_mechanism = std::make_shared<SymmetricKeySigningMechanism>(shared_access_key);
class SymmetricKeySigningMechanism final : public SigningMechanism {
 public:
  // The key in base64, as the portal shows it. Throws std::invalid_argument if it is not. As in
  // Python, characters that base64 does not know are skipped, but the padding must be there.
  explicit SymmetricKeySigningMechanism(std::string_view key);
  SymmetricKeySigningMechanism(const SymmetricKeySigningMechanism&) = delete;
  SymmetricKeySigningMechanism& operator=(const SymmetricKeySigningMechanism&) = delete;
  ~SymmetricKeySigningMechanism() override;

  Result<std::string> sign(std::string_view data) override;

 private:
  std::string signing_key_;
};

}  // namespace azure::iot::device
