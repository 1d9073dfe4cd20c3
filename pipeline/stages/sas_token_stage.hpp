#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "../operations.hpp"
#include "../stage.hpp"

namespace azure::iot::device {

// Keeps the token of the pipeline valid. 120 s before it expires, a renewable token is renewed and
// the connection is reauthorized with it. For any other token, a NewSasTokenRequiredEvent asks the
// application for a new one. Without a token the stage does nothing.
//
// Unlike Python: a token whose lifetime is shorter than twice the margin is renewed at half its
// lifetime, not continually. If the application supplies a new token with less than that left, the
// next event comes at half the time left. A failed renewal is retried until the token expires, and
// only then reported.
//
// Unlike Python: a failed reauthorization is only reported here. The stage that redials lost links
// re-establishes the link.
class SasTokenStage final
    : public Handles<SasTokenStage, Ops<InitializePipelineOperation, ReauthorizeConnectionOperation,
                                        ShutdownPipelineOperation>> {
 public:
  static constexpr std::chrono::seconds kUpdateMargin{120};
  // An expiry has whole seconds, so a token renewed sooner could be identical.
  static constexpr std::chrono::seconds kLeastLife{1};

  std::string_view name() const override { return "SasTokenStage"; }

  void run(Owned<InitializePipelineOperation> op);
  void run(Owned<ReauthorizeConnectionOperation> op);
  void run(Owned<ShutdownPipelineOperation> op);

 private:
  void on_close() override;

  void start_alarm(WallTime earliest = WallTime::min());
  void renew();
  void on_renewal_failed(const Error& error);
  void reauthorize();

  Alarm update_;       // Due when the token is to be renewed or requested.
  Timer renew_again_;  // Retries a failed renewal.
  std::shared_ptr<SasToken> not_renewed_;
  WallTime valid_until_{};  // Of the token's text.
  bool shut_down_ = false;
};

}  // namespace azure::iot::device
