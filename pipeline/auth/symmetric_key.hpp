#pragma once

#include <string>
#include <string_view>

#include "signing_mechanism.hpp"

namespace azure::iot::device {

// Signs with a key in memory: HMAC-SHA256. The key is wiped on destruction.
//
//   auto signing_mechanism = std::make_shared<SymmetricKeySigningMechanism>(shared_access_key);
class SymmetricKeySigningMechanism final : public SigningMechanism {
 public:
  // `key` is in base64, as the portal shows it; otherwise throws std::invalid_argument. As in
  // Python, characters outside the base64 alphabet are skipped, but the padding is required.
  explicit SymmetricKeySigningMechanism(std::string_view key);
  SymmetricKeySigningMechanism(const SymmetricKeySigningMechanism&) = delete;
  SymmetricKeySigningMechanism& operator=(const SymmetricKeySigningMechanism&) = delete;
  ~SymmetricKeySigningMechanism() override;

  Result<std::string> sign(std::string_view data) override;

 private:
  std::string signing_key_;
};

}  // namespace azure::iot::device
