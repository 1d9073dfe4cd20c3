#pragma once

#include <string_view>

#include "../operations.hpp"
#include "../pending_ops.hpp"
#include "../retry_policy.hpp"
#include "../stage.hpp"

namespace azure::iot::device {

// Lets one change of the connection happen at a time, and brings back a link that was lost.
// (Python: ConnectionStateStage.) The one writer of Nucleus::connection_state:
//
//   state         Connect op Disconnect op Reauthorize op Connected Disconnected  op failed
//   disconnected  connecting completes     reauthorizing  connected -             -
//   connecting    waits      waits         waits          connected disconnected  disconnected
//   connected     completes  disconnecting reauthorizing  -         disconnected* -
//   disconnecting waits      waits         waits          connected disconnected  disconnected
//   reauthorizing waits      waits         waits          connected -             disconnected*
//
// (*) A link that was up is redialled when the retry policy says, until the user disconnects.
// Without a policy of the application the first redial comes after 10 ms, or after
// `connection_retry_interval` if it was a reauthorization that failed, however it did. The others
// follow every `connection_retry_interval`, while the failure is a transient one. If the policy
// gives up, or `connection_retry` is off, one BackgroundExceptionEvent with `gave_up` says so.
// A redial comes at least 10 ms after any attempt that failed, also one that a call asked for.
//
// While the state is changing every other operation waits. Connects that waited for an attempt
// share its outcome, and so do reauthorizations, unless it failed since the credential was refused.
//
// Unlike Python: a link is brought back whatever took it down, a failed reauthorization too; giving
// up is reported; what waited for an attempt that failed does not dial again.
//
// Unlike Python: a flapping link is throttled. From the eleventh consecutive connection lost within
// ten seconds, each redial waits `connection_retry_interval`, until a connection lasts ten seconds.
// A retry policy of the application decides that itself.
//
// Unlike Python, by the option `retry_first_connection`: a connect whose attempt fails does not end
// with it, but waits for the next one, as long as the failure is a transient one and the policy
// does not give up. The pauses are those after a lost link, and no connect shortens them. A connect
// ends with the attempt that succeeds, at its deadline, or with a disconnect. Once the last one has
// ended, no further attempt is made. The failures between are logged, not reported: the caller gets
// the last one as the cause of its timeout.
//
// Unlike Python: shutdown overtakes what waits and cancels it, and after it nothing is redialled.
class ConnectionRetryStage final : public Stage {
 public:
  std::string_view name() const override { return "ConnectionRetryStage"; }

 private:
  void run_op(OpPtr op) override;
  void handle_event(const Event& event) override;
  void on_close() override;

  void run(Owned<ConnectOperation> op);
  void run(Owned<DisconnectOperation> op);
  void run(Owned<ReauthorizeConnectionOperation> op);
  void run(Owned<ShutdownPipelineOperation> op);

  bool changing() const;
  void set_state(ConnectionState state);
  // `own`: nothing but this stage asked for the change.
  void change(ConnectionState state, OpPtr op, bool own = false);
  void on_change_failed(const Error& error, bool own, ConnectionState state);
  // A connect failed that calls wait for, and that brings back no link.
  void retry_for_callers(const Error& error);
  // Whether what waits for the connection waits for another attempt after this failure.
  bool attempt_follows(const Error& failed_to_connect) const;
  void end_callers(const Error& error);
  void drop_given_up();
  OpPtr take_most_patient();
  void run_waiting(const Error& failed_to_connect);

  // How a link was lost that is wanted.
  enum class Loss { dropped, attempt_failed, reauthorization_failed };
  // Asks the policy. Returns whether a redial is due; otherwise the link is given up.
  bool bring_back(const Error& cause, Loss loss);
  // Returns whether the policy has another attempt made, which is due then.
  bool start_redial(const Error& cause, Loss loss);
  bool give_up(const Error& cause);
  void redial();
  Duration pause_between_redials() const;

  PendingOps waiting_{*this, "for the connection to change"};
  // Connects that wait for the next attempt.
  PendingOps callers_{*this, "for a connection", [this] { return nucleus().connect_failure; }};
  Timer redial_;
  bool redialling_ = false;   // A redial is under way.
  bool link_wanted_ = false;  // It was up, and was neither ended by the user nor given up.
  SteadyTime link_up_since_{};
  SteadyTime failed_at_ = SteadyTime::min();  // The last attempt to change the connection.
  int failures_ = 0;                          // In a row: see RetryPolicy.
  int short_links_ = 0;                       // In a row.
  bool shut_down_ = false;
};

}  // namespace azure::iot::device
