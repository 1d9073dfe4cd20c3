#include "pipeline/stages/connection_retry_stage.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "pipeline/events.hpp"
#include "pipeline/guarded_policy.hpp"
#include "pipeline/log.hpp"

namespace azure::iot::device {

using enum ConnectionState;

namespace {

// The time that a link has to last not to count as short, and the number of consecutive short links
// that are redialled at once.
constexpr Duration kHolds = std::chrono::seconds{10};
constexpr int kRedialledAtOnce = 10;

// Returns whether an operation that waited for an attempt to connect fails with it. A
// reauthorization brings another credential, so a refusal of the old one does not apply to it.
bool shares(const Operation& op, const Error& failed_to_connect) {
  if (!failed_to_connect) return false;
  if (op.type() == type_id<ConnectOperation>()) return true;
  return op.type() == type_id<ReauthorizeConnectionOperation>() &&
         failed_to_connect.code() != Errc::unauthorized;
}

// Returns whether a call that waits for the network keeps waiting after this error.
bool may_pass(const Error& failed_to_connect) {
  return is_transient(failed_to_connect) && failed_to_connect.code() != Errc::operation_cancelled;
}

// Returns whether the operation, a connect, may start another attempt.
bool still_wanted(const Operation& connect, SteadyTime now) {
  const SteadyTime wanted_until = static_cast<const ConnectOperation&>(connect).wanted_until;
  return std::min(connect.deadline, wanted_until) > now;
}

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
  if (!nucleus().options.retry_first_connection) return change(connecting, std::move(op));
  op->then([this](OpPtr done, Error error) {
    // Without a waiting call or a wanted link, no attempt is needed.
    if (callers_.empty() && !link_wanted_) redial_.cancel();
    complete(std::move(done), std::move(error));
  });
  if (redial_.running()) return static_cast<void>(callers_.hold(std::move(op)));
  change(connecting, std::move(op));
}

void ConnectionRetryStage::run(Owned<DisconnectOperation> op) {
  redial_.cancel();  // The application no longer wants the link.
  link_wanted_ = false;
  failures_ = 0;
  short_links_ = 0;
  callers_.fail_all(Error(Errc::operation_cancelled, "a disconnect came first"));
  if (!nucleus().connected()) return complete(std::move(op));
  change(disconnecting, std::move(op));
}

void ConnectionRetryStage::run(Owned<ReauthorizeConnectionOperation> op) {
  if (nucleus().connected()) link_wanted_ = true;
  change(reauthorizing, std::move(op));
}

void ConnectionRetryStage::run(Owned<ShutdownPipelineOperation> op) {
  on_close();
  const Error cancelled(Errc::operation_cancelled, "shutdown came before the connection changed");
  waiting_.fail_all(cancelled);
  callers_.fail_all(cancelled);
  send_op_down(std::move(op));
}

void ConnectionRetryStage::on_close() {
  shut_down_ = true;
  redial_.cancel();
}

void ConnectionRetryStage::handle_event(const Event& event) {
  if (event_cast<ConnectedEvent>(event)) {
    const bool asked_for = changing();
    redial_.cancel();
    link_wanted_ = true;
    set_state(connected);
    nucleus().connect_failure = {};
    link_up_since_ = loop().now();
    send_event_up(event);
    if (!asked_for) end_callers({});
    return;
  }
  const auto* gone = event_cast<DisconnectedEvent>(event);
  // A disconnect during reauthorization is part of it; the connect that follows ends it.
  if (!gone || nucleus().connection_state == reauthorizing) return send_event_up(event);

  const bool dropped = nucleus().connected();
  if (dropped) link_wanted_ = true;
  set_state(disconnected);
  send_event_up(event);
  // Stages above have handled the event, and may have reconnected or ended the link.
  if (!dropped || !link_wanted_ || nucleus().connected()) return;
  bring_back(gone->cause ? gone->cause : Error(Errc::connection_dropped, "the connection was lost"),
             Loss::dropped);
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

void ConnectionRetryStage::change(ConnectionState state, OpPtr op, bool own) {
  set_state(state);
  op->then([this, state, own](OpPtr done, Error error) {
    if (own) redialling_ = false;
    // On success the event has already set the state.
    if (error) {
      set_state(disconnected);
      failed_at_ = loop().now();
      on_change_failed(error, own, state);
    }
    const Error failed_to_connect = state == disconnecting ? Error() : error;
    if (!attempt_follows(failed_to_connect)) {
      end_callers(failed_to_connect);
    } else if (state == connecting && !own && still_wanted(*done, loop().now())) {
      callers_.hold(std::move(done));
    }
    run_waiting(failed_to_connect);
    if (done) complete(std::move(done), std::move(error));
  });
  send_op_down(std::move(op));
}

void ConnectionRetryStage::on_change_failed(const Error& error, bool own, ConnectionState state) {
  if (state != disconnecting) nucleus().connect_failure = error;
  // A redial that is scheduled or under way is kept.
  if (!own && (redialling_ || redial_.running())) return;
  if (!link_wanted_) {
    if (state == connecting) retry_for_callers(error);
    return;
  }
  const bool due = bring_back(
      error, state == reauthorizing ? Loss::reauthorization_failed : Loss::attempt_failed);
  if (!own || !due) return;
  log_for(nucleus().client_id, LogLevel::warning, name(), "redial failed: ", error.describe());
  report_background_error(error);
}

void ConnectionRetryStage::retry_for_callers(const Error& error) {
  const bool first_is_retried = nucleus().options.retry_first_connection && !shut_down_;
  if (!first_is_retried || !may_pass(error) || !start_redial(error, Loss::attempt_failed)) return;
  log_for(nucleus().client_id, LogLevel::warning, name(),
          "connect failed and will be tried again: ", error.describe());
}

bool ConnectionRetryStage::attempt_follows(const Error& failed_to_connect) const {
  return nucleus().options.retry_first_connection && redial_.running() &&
         may_pass(failed_to_connect);
}

// Completes only the calls waiting now, and allocates nothing.
void ConnectionRetryStage::end_callers(const Error& error) {
  for (std::size_t left = callers_.size(); left > 0 && !callers_.empty(); --left) {
    OpPtr op = callers_.take_oldest();
    guard([&] { complete(std::move(op), error); });
  }
}

void ConnectionRetryStage::drop_given_up() {
  const SteadyTime now = loop().now();
  for (std::size_t left = callers_.size(); left > 0 && !callers_.empty(); --left) {
    OpPtr op = callers_.take_oldest();
    if (still_wanted(*op, now)) {
      callers_.hold(std::move(op));
    } else {
      complete(std::move(op), Error(Errc::timed_out, "timed out while waiting for a connection",
                                    nucleus().connect_failure));
    }
  }
}

OpPtr ConnectionRetryStage::take_most_patient() {
  OpPtr most_patient = callers_.take_oldest();
  for (std::size_t left = callers_.size(); left > 0; --left) {
    OpPtr op = callers_.take_oldest();
    if (op->deadline > most_patient->deadline) std::swap(op, most_patient);
    callers_.hold(std::move(op));
  }
  return most_patient;
}

void ConnectionRetryStage::run_waiting(const Error& failed_to_connect) {
  // Runs them in order until one changes the connection; the others keep waiting.
  while (!changing() && !waiting_.empty()) {
    OpPtr op = waiting_.take_oldest();
    const bool goes_on =
        op->type() == type_id<ConnectOperation>() && attempt_follows(failed_to_connect);
    if (!goes_on && shares(*op, failed_to_connect)) {
      guard([&] { complete(std::move(op), failed_to_connect); });
    } else {
      enter(std::move(op));
    }
  }
}

bool ConnectionRetryStage::bring_back(const Error& cause, Loss loss) {
  // During shutdown or closing, the chain itself ended the attempt.
  if (shut_down_ || cause.code() == Errc::pipeline_not_running) return false;
  const PipelineConfig& options = nucleus().options;
  if (!options.connection_retry) return give_up(cause);
  return start_redial(cause, loss) ? true : give_up(cause);
}

bool ConnectionRetryStage::start_redial(const Error& cause, Loss loss) {
  const PipelineConfig& options = nucleus().options;
  const FixedInterval standard(options.connection_retry_interval);
  GuardedPolicy policy(options.retry_policy.get(), standard);
  if (loss == Loss::dropped) {
    const Duration held = loop().now() - link_up_since_;
    failures_ = held >= policy.holds_after() ? 0 : failures_ + 1;
    short_links_ = held >= kHolds ? 0 : short_links_ + 1;
  } else {
    ++failures_;
  }
  std::optional<Duration> pause =
      policy.next_pause({.failures = failures_, .cause = cause, .random = nucleus().random});
  const bool standard_decides = !options.retry_policy || policy.thrown();
  const bool flapping = loss == Loss::dropped && short_links_ > kRedialledAtOnce;
  // The link was up with the credential before, so even a refusal may be temporary, as in Python.
  if (standard_decides && loss == Loss::reauthorization_failed) pause = pause_between_redials();
  if (pause && standard_decides && flapping) pause = std::max(*pause, pause_between_redials());

  if (pause) redial_.start(loop(), *pause, [this] { guard([this] { redial(); }); });
  if (policy.thrown()) report_background_error(policy.thrown());
  return pause.has_value();
}

bool ConnectionRetryStage::give_up(const Error& cause) {
  link_wanted_ = false;
  log_for(nucleus().client_id, LogLevel::warning, name(), "the lost connection is not made again");
  send_event_up(BackgroundExceptionEvent(cause, true));
  return false;
}

void ConnectionRetryStage::redial() {
  // Another operation is changing the connection: check again later.
  if (changing()) {
    return redial_.start(loop(), pause_between_redials(), [this] { guard([this] { redial(); }); });
  }
  if (nucleus().connected()) return;
  // Time passes between any two attempts, also if the last one was not a redial.
  const SteadyTime next = saturating_add(failed_at_, kLeastFirstPause);
  if (loop().now() < next) {
    return redial_.start_at(loop(), next, [this] { guard([this] { redial(); }); });
  }
  drop_given_up();
  if (!link_wanted_) {
    if (OpPtr op = take_most_patient()) change(connecting, std::move(op));
    return;
  }
  redialling_ = true;
  change(connecting, make_op<ConnectOperation>(), true);
}

Duration ConnectionRetryStage::pause_between_redials() const {
  return std::max(nucleus().options.connection_retry_interval, kLeastPause);
}

}  // namespace azure::iot::device
