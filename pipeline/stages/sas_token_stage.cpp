#include "pipeline/stages/sas_token_stage.hpp"

#include <algorithm>

#include "pipeline/events.hpp"
#include "pipeline/log.hpp"

namespace azure::iot::device {

void SasTokenStage::run(Owned<InitializePipelineOperation> op) {
  if (nucleus().options.sastoken) start_alarm();
  send_op_down(std::move(op));
}

void SasTokenStage::run(Owned<ReauthorizeConnectionOperation> op) {
  // The user has brought a new token. If it is the old one, a renewal that failed is still due.
  const auto& token = nucleus().options.sastoken;
  const bool renewing = renew_again_.running() && token == not_renewed_;
  if (token && !renewing) start_alarm();
  send_op_down(std::move(op));
}

void SasTokenStage::run(Owned<DisconnectOperation> op) {
  link_wanted_ = false;
  reauthorizations_failed_ = 0;
  reauthorize_again_.cancel();
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
  reauthorize_again_.cancel();
}

void SasTokenStage::start_alarm(WallTime earliest) {
  const SasToken& token = *nucleus().options.sastoken;
  // A token may say anything. What expired before 1970 has expired: there is room for the margin.
  const WallTime expiry = std::max(to_wall_time(token.expiry()), WallTime{});

  renew_again_.cancel();
  valid_until_ = expiry;
  if (!token.renewable()) {
    return update_.start(loop(), expiry - kUpdateMargin,
                         [this] { send_event_up(NewSasTokenRequiredEvent()); });
  }
  const Duration margin =
      token.ttl() < 2 * kUpdateMargin ? Duration(token.ttl()) / 2 : Duration(kUpdateMargin);
  update_.start(loop(), std::max(expiry - margin, earliest), [this] { renew(); });
}

void SasTokenStage::renew() {
  // Somebody has brought one that cannot be renewed in its place: it is asked for in its own time.
  if (!nucleus().options.sastoken->renewable()) return start_alarm();
  log_for(nucleus().client_id, LogLevel::info, name(), "renewing the token");
  if (const Error error = nucleus().options.sastoken->refresh(loop().wall_now())) {
    return on_renewal_failed(error);
  }
  // Otherwise the next connect uses the new token anyway, also that of a reauthorization that is to
  // be tried again: nobody else would bring its link back.
  if (nucleus().connected()) reauthorize();
  start_alarm(loop().wall_now() + kLeastLife);
}

void SasTokenStage::on_renewal_failed(const Error& error) {
  log_for(nucleus().client_id, LogLevel::warning, name(), "renewal failed: ", error.describe());
  const Duration left = valid_until_ - loop().wall_now();
  if (left <= Duration::zero()) return report_background_error(error);
  const Duration pause = nucleus().options.connection_retry_interval;
  not_renewed_ = nucleus().options.sastoken;
  renew_again_.start(loop(), std::min(pause, left), [this] { renew(); });
}

void SasTokenStage::reauthorize() {
  reauthorize_again_.cancel();
  link_wanted_ = true;
  auto op = make_op<ReauthorizeConnectionOperation>();
  op->then([this](OpPtr, Error error) {
    if (error) return on_reauthorization_failed(error);
    reauthorizations_failed_ = 0;
  });
  send_op_down(std::move(op));
}

void SasTokenStage::on_reauthorization_failed(const Error& error) {
  if (shut_down_) return;  // It was the shutdown that ended it.
  report_background_error(error);
  // The link was up when this began, so it is this stage that has to bring it back, unless the user
  // has disconnected meanwhile.
  if (nucleus().connected() || !nucleus().options.connection_retry || !link_wanted_) return;
  Duration pause = nucleus().options.connection_retry_interval;
  if (const auto& policy = nucleus().options.retry_policy) {
    const auto asked = policy->next_pause(
        {.failures = ++reauthorizations_failed_, .cause = error, .random = nucleus().random});
    if (!asked) return;
    pause = *asked;
  }
  reauthorize_again_.start(loop(), pause, [this] {
    if (!nucleus().connected()) reauthorize();
  });
}

}  // namespace azure::iot::device
