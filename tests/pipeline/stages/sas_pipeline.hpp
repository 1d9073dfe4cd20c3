#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "pipeline/auth/sastoken.hpp"
#include "pipeline/stages/connection_retry_stage.hpp"
#include "pipeline/stages/sas_token_stage.hpp"
#include "support/test_pipeline.hpp"

namespace azure::iot::device::test {

using SasPipeline = TestPipeline<SasTokenStage, ConnectionRetryStage>;

// Returns a counter as its signature, or fails if `fails` is set.
class CountingSigner final : public SigningMechanism {
 public:
  Result<std::string> sign(std::string_view) override {
    ++calls;
    if (fails) return Error(Errc::sas_token, "the key store is locked");
    return std::to_string(calls);
  }
  int calls = 0;
  bool fails = false;
};

// A renewable token, created when the clock of a ManualLoop begins.
struct Renewable {
  explicit Renewable(std::chrono::seconds ttl)
      : token(std::make_shared<RenewableSasToken>("hub", signer, "", ttl)) {
    REQUIRE_FALSE(token->refresh(ManualLoop().wall_now()));
  }
  PipelineConfig config() const { return {.sastoken = token}; }

  std::shared_ptr<CountingSigner> signer = std::make_shared<CountingSigner>();
  std::shared_ptr<RenewableSasToken> token;
};

// A token from the user, which expires `ttl` after the clock begins.
inline std::shared_ptr<SasToken> given_token(std::chrono::seconds ttl) {
  const auto se = ManualLoop().wall_now().time_since_epoch() + ttl;
  return *NonRenewableSasToken::parse(
      "SharedAccessSignature sr=hub&sig=c2ln&se=" +
      std::to_string(std::chrono::floor<std::chrono::seconds>(se).count()));
}

}  // namespace azure::iot::device::test
