#include "pipeline/stages/connection_retry_stage.hpp"

#include "pipeline/events.hpp"
#include "pipeline/log.hpp"

namespace azure::iot::device {

using enum ConnectionState;

namespace {

// How long a link has to hold not to count as short, and how many short ones in a row are redialled
// at once.
constexpr Duration kHolds = std::chrono::seconds{10};
constexpr int kRedialledAtOnce = 10;

}  // namespace

void ConnectionRetryStage::run_op(OpPtr op) {
  if (auto shutdown = op_cast<ShutdownPipelineOperation>(op)) return run(std::move(shutdown));
  if (changing()) return static_cast<void>(waiting_.hold(std::move(op)));
  if (auto connect = op_cast<ConnectOperation>(op)) return run(std::move(connect));
  if (auto disconnect = op_cast<DisconnectOperation>(op)) return run(std::move(disconnect));
  if (auto again = op_cast<ReauthorizeConnectionOperation>(op)) return run(std::move(again));
  send_op_down(std::move(op));
}

void ConnectionRetryStage::run(Owned<ConnectOperation> op) {
  if (nucleus().connected()) return complete(std::move(op));
  change(connecting, std::move(op));
}

void ConnectionRetryStage::run(Owned<DisconnectOperation> op) {
  redial_.cancel();  // The user does not want the link any more.
  failures_ = 0;
  short_links_ = 0;
  if (!nucleus().connected()) return complete(std::move(op));
  change(disconnecting, std::move(op));
}

void ConnectionRetryStage::run(Owned<ReauthorizeConnectionOperation> op) {
  change(reauthorizing, std::move(op));
}

void ConnectionRetryStage::run(Owned<ShutdownPipelineOperation> op) {
  shut_down_ = true;
  redial_.cancel();
  waiting_.fail_all(
      Error(Errc::operation_cancelled, "shutdown came before the connection changed"));
  send_op_down(std::move(op));
}

void ConnectionRetryStage::handle_event(const Event& event) {
  if (event_cast<ConnectedEvent>(event)) {
    redial_.cancel();
    set_state(connected);
    link_up_since_ = loop().now();
  } else if (const auto* gone = event_cast<DisconnectedEvent>(event)) {
    on_disconnected(gone->cause);
  }
  send_event_up(event);
}

void ConnectionRetryStage::on_disconnected(const Error& cause) {
  // Part of reauthorizing, which ends with its connect.
  if (nucleus().connection_state == reauthorizing) return;
  const bool dropped = nucleus().connected();
  set_state(disconnected);
  if (!dropped || !nucleus().options.connection_retry) return;
  const auto& policy = nucleus().options.retry_policy;
  const Duration enough = policy ? policy->holds_after() : Duration::zero();
  const Duration held = loop().now() - link_up_since_;
  failures_ = held >= enough ? 0 : failures_ + 1;
  short_links_ = held >= kHolds ? 0 : short_links_ + 1;
  if (const auto pause = next_pause(cause)) return redial_in(*pause);
  give_up(cause);
}

bool ConnectionRetryStage::changing() const {
  const ConnectionState state = nucleus().connection_state;
  return state == connecting || state == disconnecting || state == reauthorizing;
}

void ConnectionRetryStage::set_state(ConnectionState state) {
  if (nucleus().connection_state == state) return;
  log_for(nucleus().client_id, LogLevel::debug, name(), to_string(nucleus().connection_state),
          " -> ", to_string(state));
  nucleus().connection_state = state;
}

void ConnectionRetryStage::change(ConnectionState state, OpPtr op) {
  set_state(state);
  op->then([this](OpPtr done, Error error) {
    // Success leaves the state alone: the event has set it.
    if (error) set_state(disconnected);
    run_waiting();
    complete(std::move(done), std::move(error));
  });
  send_op_down(std::move(op));
}

void ConnectionRetryStage::run_waiting() {
  for (OpPtr& op : waiting_.take_all()) enter(std::move(op));
}

void ConnectionRetryStage::redial_in(Duration delay) {
  if (!shut_down_) redial_.start(loop(), delay, [this] { redial(); });
}

void ConnectionRetryStage::redial() {
  // Another operation is at it: look again later.
  if (changing()) return redial_in(nucleus().options.connection_retry_interval);
  if (nucleus().connected()) return;

  set_state(connecting);
  auto connect = make_op<ConnectOperation>();
  connect->then([this](OpPtr, Error error) {
    if (error) {
      set_state(disconnected);
      on_redial_failed(error);
    }
    run_waiting();
  });
  send_op_down(std::move(connect));
}

void ConnectionRetryStage::on_redial_failed(const Error& error) {
  if (shut_down_) return;  // It was the shutdown that ended it.
  log_for(nucleus().client_id, LogLevel::warning, name(), "redial failed: ", error.describe());
  ++failures_;
  const auto pause = next_pause(error);
  if (!pause) return give_up(error);
  report_background_error(error);
  redial_in(*pause);
}

std::optional<Duration> ConnectionRetryStage::next_pause(const Error& cause) const {
  const PipelineConfig& options = nucleus().options;
  if (!options.connection_retry) return std::nullopt;
  const RetryPolicy::Failure failure{
      .failures = failures_, .cause = cause, .random = nucleus().random};
  if (options.retry_policy) return options.retry_policy->next_pause(failure);
  const Duration interval = options.connection_retry_interval;
  const bool only_just_lost = failures_ == 0;
  if (only_just_lost && short_links_ > kRedialledAtOnce) return interval;
  return FixedInterval(interval).next_pause(failure);
}

void ConnectionRetryStage::give_up(const Error& error) {
  log_for(nucleus().client_id, LogLevel::warning, name(), "the lost connection is not made again");
  send_event_up(BackgroundExceptionEvent(error, true));
}

}  // namespace azure::iot::device
