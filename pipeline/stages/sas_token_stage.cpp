#include "pipeline/stages/sas_token_stage.hpp"

#include <algorithm>

#include "pipeline/events.hpp"
#include "pipeline/guarded_policy.hpp"
#include "pipeline/log.hpp"

namespace azure::iot::device {
namespace {

// A token may contain any expiry. One before 1970 is raised to 1970, so that subtracting the margin
// cannot overflow.
WallTime expiry_of(const SasToken& token) {
  return std::max(to_wall_time(token.expiry()), WallTime{});
}

// Returns the earliest time to request a token after this one, which the application has just
// supplied. It keeps an application that supplies short-lived tokens from being asked again at
// once.
WallTime half_of_life_left(const SasToken& token, WallTime now) {
  if (token.renewable()) return WallTime::min();
  const Duration left = expiry_of(token) - now;
  if (left >= 2 * SasTokenStage::kUpdateMargin) return WallTime::min();
  return now + std::max<Duration>(left / 2, SasTokenStage::kLeastLife);
}

}  // namespace

void SasTokenStage::run(Owned<InitializePipelineOperation> op) {
  if (nucleus().options.sastoken) start_alarm();
  send_op_down(std::move(op));
}

void SasTokenStage::run(Owned<ReauthorizeConnectionOperation> op) {
  // The application has supplied a new token. If it is still the old one, a failed renewal remains
  // due.
  const auto& token = nucleus().options.sastoken;
  const bool renewing = renew_again_.running() && token == not_renewed_;
  if (token && !renewing) start_alarm(half_of_life_left(*token, loop().wall_now()));
  send_op_down(std::move(op));
}

void SasTokenStage::run(Owned<ShutdownPipelineOperation> op) {
  shut_down_ = true;
  on_close();
  send_op_down(std::move(op));
}

void SasTokenStage::on_close() {
  update_.cancel();
  renew_again_.cancel();
}

void SasTokenStage::start_alarm(WallTime earliest) {
  const SasToken& token = *nucleus().options.sastoken;
  const WallTime expiry = expiry_of(token);

  renew_again_.cancel();
  valid_until_ = expiry;
  if (!token.renewable()) {
    return update_.start(loop(), std::max(expiry - kUpdateMargin, earliest),
                         [this] { guard([this] { send_event_up(NewSasTokenRequiredEvent()); }); });
  }
  const Duration margin =
      std::clamp(saturating_duration(token.ttl()), Duration::zero(), 2 * Duration(kUpdateMargin)) /
      2;
  update_.start(loop(), std::max(expiry - margin, earliest),
                [this] { guard([this] { renew(); }); });
}

void SasTokenStage::renew() {
  // A token that cannot be renewed has replaced the old one; it is requested at its own time.
  if (!nucleus().options.sastoken->renewable()) return start_alarm();
  log_for(nucleus().client_id, LogLevel::info, name(), "renewing the token");
  if (const Error error = nucleus().options.sastoken->refresh(loop().wall_now())) {
    return on_renewal_failed(error);
  }
  // Without a connection, the next connect uses the new token anyway.
  if (nucleus().connected()) reauthorize();
  start_alarm(loop().wall_now() + kLeastLife);
}

void SasTokenStage::on_renewal_failed(const Error& error) {
  log_for(nucleus().client_id, LogLevel::warning, name(), "renewal failed: ", error.describe());
  const Duration left = saturating_difference(valid_until_, loop().wall_now());
  if (left <= Duration::zero()) return report_background_error(error);
  const Duration pause = std::max(nucleus().options.connection_retry_interval, kLeastPause);
  not_renewed_ = nucleus().options.sastoken;
  renew_again_.start(loop(), std::min(pause, left), [this] { guard([this] { renew(); }); });
}

void SasTokenStage::reauthorize() {
  auto op = make_op<ReauthorizeConnectionOperation>();
  op->then([this](OpPtr, Error error) {
    if (error && !shut_down_) report_background_error(error);
  });
  send_op_down(std::move(op));
}

}  // namespace azure::iot::device
