#pragma once

#include <string_view>

#include "../operations.hpp"
#include "../pending_ops.hpp"
#include "../retry_policy.hpp"
#include "../stage.hpp"

namespace azure::iot::device {

// Serializes the changes of the connection, and re-establishes a lost link. (Python:
// ConnectionStateStage.) The only writer of Nucleus::connection_state:
//
//   state         Connect op Disconnect op Reauthorize op Connected Disconnected  op failed
//   disconnected  connecting completes     reauthorizing  connected -             -
//   connecting    waits      waits         waits          connected disconnected  disconnected
//   connected     completes  disconnecting reauthorizing  -         disconnected* -
//   disconnecting waits      waits         waits          connected disconnected  disconnected
//   reauthorizing waits      waits         waits          connected -             disconnected*
//
// (*) An established link that was lost is redialled when the retry policy decides, until the
// application disconnects. Without a policy of the application the first redial comes after 10 ms.
// After a failed reauthorization, whatever the error, it comes after `connection_retry_interval`.
// Further redials follow every `connection_retry_interval`, while the error is transient. If the
// policy gives up, or `connection_retry` is off, one BackgroundExceptionEvent with `gave_up`
// reports it. A redial comes at least 10 ms after any failed attempt, including one requested by a
// call.
//
// While the state is changing, every other operation waits. Connects that waited for an attempt
// share its outcome. Reauthorizations share it too, unless the credential was refused.
//
// Unlike Python: a lost link is re-established whatever the cause, also after a failed
// reauthorization. Giving up is reported. Operations that waited for a failed attempt do not dial
// again.
//
// Unlike Python: a flapping link is throttled. From the eleventh consecutive connection lost within
// ten seconds, each redial waits `connection_retry_interval`, until a connection lasts ten seconds.
// A retry policy of the application decides that itself.
//
// Unlike Python: with the option `retry_first_connection`, a connect whose attempt fails waits for
// the next attempt. It fails at once if the error is not transient or the policy gives up. The
// pauses are those after a lost link, and another connect does not shorten them. A connect
// completes when an attempt succeeds. A waiting one fails at its deadline, or with a disconnect.
// Once no connect is waiting, no further attempt is made. Errors in between are logged, not
// reported: the caller receives the last one as the cause of its timeout.
//
// Unlike Python: shutdown overtakes and cancels waiting operations, and nothing is redialled
// afterwards.
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
  // Handles a failed connect that calls wait for and that was not to re-establish a link.
  void retry_for_callers(const Error& error);
  // Returns whether connects that wait for the connection wait for another attempt after this
  // error.
  bool attempt_follows(const Error& failed_to_connect) const;
  void end_callers(const Error& error);
  void drop_given_up();
  OpPtr take_most_patient();
  void run_waiting(const Error& failed_to_connect);

  // How a wanted link was lost.
  enum class Loss { dropped, attempt_failed, reauthorization_failed };
  // Consults the policy. Returns whether a redial is scheduled; otherwise the link is given up.
  bool bring_back(const Error& cause, Loss loss);
  // Returns whether the policy allows another attempt, which is then scheduled.
  bool start_redial(const Error& cause, Loss loss);
  bool give_up(const Error& cause);
  void redial();
  Duration pause_between_redials() const;

  PendingOps waiting_{*this, "for the connection to change"};
  // Connects that wait for the next attempt.
  PendingOps callers_{*this, "for a connection", [this] { return nucleus().connect_failure; }};
  Timer redial_;
  bool redialling_ = false;   // A redial is under way.
  bool link_wanted_ = false;  // It was up; neither given up nor ended by the application.
  SteadyTime link_up_since_{};
  SteadyTime failed_at_ = SteadyTime::min();  // The last attempt to change the connection.
  int failures_ = 0;                          // In a row: see RetryPolicy.
  int short_links_ = 0;                       // In a row.
  bool shut_down_ = false;
};

}  // namespace azure::iot::device
