#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "../operations.hpp"
#include "../stage.hpp"

namespace azure::iot::device {

// Keeps the token of the pipeline valid: 120 s before it expires a renewable one is renewed and the
// connection reauthorized with it, and for any other a NewSasTokenRequiredEvent asks the user.
// Without a token there is nothing to do.
//
// Unlike Python: a token that lives shorter than twice the margin is renewed at half its life, not
// in a storm, and a token that the user brings is asked for again at half the life that is left. A
// renewal that fails is tried again until the token expires, and only then reported.
//
// Unlike Python: a reauthorization that fails is only reported here. The link is brought back by
// the stage that redials any link that was lost.
class SasTokenStage final
    : public Handles<SasTokenStage, Ops<InitializePipelineOperation, ReauthorizeConnectionOperation,
                                        ShutdownPipelineOperation>> {
 public:
  static constexpr std::chrono::seconds kUpdateMargin{120};
  // An expiry counts whole seconds, so that a token renewed sooner could be the same.
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

  Alarm update_;       // The token is to be renewed, or asked for.
  Timer renew_again_;  // A renewal failed.
  std::shared_ptr<SasToken> not_renewed_;
  WallTime valid_until_{};  // Of the token's text.
  bool shut_down_ = false;
};

}  // namespace azure::iot::device
