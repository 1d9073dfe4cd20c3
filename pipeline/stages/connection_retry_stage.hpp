#pragma once

#include <optional>
#include <string_view>

#include "../operations.hpp"
#include "../pending_ops.hpp"
#include "../retry_policy.hpp"
#include "../stage.hpp"

namespace azure::iot::device {

// Lets one change of the connection happen at a time, and redials a link that dropped. (Python:
// ConnectionStateStage.) The one writer of Nucleus::connection_state:
//
//   state         Connect op Disconnect op Reauthorize op Connected Disconnected  op failed
//   disconnected  connecting completes     reauthorizing  connected -             -
//   connecting    waits      waits         waits          connected disconnected  disconnected
//   connected     completes  disconnecting reauthorizing  -         disconnected* -
//   disconnecting waits      waits         waits          connected disconnected  disconnected
//   reauthorizing waits      waits         waits          connected -             disconnected
//
// (*) and is redialled when the retry policy says: unless there is one, first after 10 ms, then
// every `connection_retry_interval`, while the failure is a transient one. While the state is
// changing every other operation waits too.
//
// Unlike Python: links that were lost again and again as soon as they were there, as where another
// client of the same identity takes each for itself, are not redialled at once for ever, but from
// the eleventh in a row on every `connection_retry_interval`, until one has held for ten seconds. A
// retry policy decides that itself.
//
// Unlike Python: shutdown overtakes what waits and cancels it, and after it nothing is redialled.
class ConnectionRetryStage final : public Stage {
 public:
  std::string_view name() const override { return "ConnectionRetryStage"; }

 private:
  void run_op(OpPtr op) override;
  void handle_event(const Event& event) override;
  void on_close() override { redial_.cancel(); }

  void run(Owned<ConnectOperation> op);
  void run(Owned<DisconnectOperation> op);
  void run(Owned<ReauthorizeConnectionOperation> op);
  void run(Owned<ShutdownPipelineOperation> op);

  bool changing() const;
  void set_state(ConnectionState state);
  void change(ConnectionState state, OpPtr op);
  void on_disconnected(const Error& cause);
  void run_waiting();
  void redial_in(Duration delay);
  void redial();
  void on_redial_failed(const Error& error);
  std::optional<Duration> next_pause(const Error& cause) const;
  void give_up(const Error& error);

  PendingOps waiting_{*this, "for the connection to change"};
  Timer redial_;
  SteadyTime link_up_since_{};
  int failures_ = 0;     // In a row: see RetryPolicy.
  int short_links_ = 0;  // In a row.
  bool shut_down_ = false;
};

}  // namespace azure::iot::device
