#include "simulation/credential.hpp"

#include <string>

namespace azure::iot::device::simulation {

// Signs without computing anything, since the simulated hub looks at the expiry alone.
class Credential::Signer final : public SigningMechanism {
 public:
  explicit Signer(Credential& credential) : credential_(credential) {}

  Result<std::string> sign(std::string_view) override {
    if (!credential_.signing_fails) return std::string(kSecretMark);
    ++credential_.world_.report.counts.renewals_failed;
    return Error(Errc::sas_token, "the key cannot be used");
  }

 private:
  Credential& credential_;
};

std::shared_ptr<SasToken> Credential::make_token() {
  const Settings& settings = world_.settings;
  const WallTime now = world_.loop->wall_now();
  switch (settings.credential) {
    case Settings::Credential::certificate: return nullptr;
    case Settings::Credential::signing_key: {
      auto token = std::make_shared<RenewableSasToken>(
          "hub/devices/dev1", std::make_shared<Signer>(*this), "", settings.token_life);
      // The key worked when the client was made, or there would be no client.
      const bool failing = std::exchange(signing_fails, false);
      static_cast<void>(token->refresh(now));
      signing_fails = failing;
      return token;
    }
    case Settings::Credential::users_token: break;
  }
  const auto expiry = std::chrono::floor<std::chrono::seconds>(now + settings.token_life);
  auto token = NonRenewableSasToken::parse(
      "SharedAccessSignature sr=hub%2Fdevices%2Fdev1&sig=" + std::string(kSecretMark) +
      "&se=" + std::to_string(expiry.time_since_epoch().count()));
  return token ? std::shared_ptr<SasToken>(*std::move(token)) : nullptr;
}

}  // namespace azure::iot::device::simulation
