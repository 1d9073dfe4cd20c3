#pragma once

#include <memory>
#include <string_view>

#include "pipeline/auth/sastoken.hpp"
#include "simulation/world.hpp"

namespace azure::iot::device::simulation {

// The credential of the simulated device. Every token carries the same mark, which must never
// appear in a readable text.
class Credential {
 public:
  static constexpr std::string_view kSecretMark = "c2VjcmV0";

  explicit Credential(World& world) : world_(world) {}

  // The credential with which a client starts; null if the device has a certificate.
  std::shared_ptr<SasToken> make_token();

  // Whether signing fails.
  bool signing_fails = false;

 private:
  class Signer;
  World& world_;
};

}  // namespace azure::iot::device::simulation
