#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "../mqtt_transport.hpp"
#include "../operations.hpp"
#include "../pending_ops.hpp"
#include "../stage.hpp"

namespace azure::iot::device {

// The bottom of the chain: turns operations into calls on the MQTT transport, and its callbacks
// into events and completions. Creates the transport on InitializePipelineOperation. A connect that
// the transport does not answer fails after 60 s. A pause in reading ends after half the
// keep-alive, which is reported as a background error.
//
// Unlike Python: an acknowledgement that arrives after its operation completed is ignored. A
// connection operation that is displaced by another is cancelled. Shutdown cancels the operations
// under way. A subscription that the server refuses fails. The end of an attempt or a connection is
// reported once.
//
// Unlike Python: a packet that seems to end the connection is not sent again without limit. If
// kMostLinks consecutive connections were lost within kSoon of sending it, while no older packet
// waited for an acknowledgement, the operation fails with `Errc::connection_dropped`.
class MqttTransportStage final
    : public Handles<MqttTransportStage,
                     Ops<InitializePipelineOperation, ShutdownPipelineOperation, ConnectOperation,
                         DisconnectOperation, ReauthorizeConnectionOperation, MqttPublishOperation,
                         MqttSubscribeOperation, MqttUnsubscribeOperation, PauseReadingOperation>>,
      private MqttTransportListener {
 public:
  static constexpr Duration kConnectWatchdog = std::chrono::seconds{60};

  static constexpr int kMostLinks = 5;
  static constexpr Duration kSoon = std::chrono::seconds{10};

  explicit MqttTransportStage(MqttTransportFactory make_transport);
  std::string_view name() const override { return "MqttTransportStage"; }

  void run(Owned<InitializePipelineOperation> op);
  void run(Owned<ShutdownPipelineOperation> op);
  void run(Owned<ConnectOperation> op);
  void run(Owned<DisconnectOperation> op);
  void run(Owned<ReauthorizeConnectionOperation> op);
  void run(Owned<MqttPublishOperation> op);
  void run(Owned<MqttSubscribeOperation> op);
  void run(Owned<MqttUnsubscribeOperation> op);
  void run(Owned<PauseReadingOperation> op);

 private:
  void on_mqtt_connected(bool session_present) override;
  void on_mqtt_connection_failure(Error cause) override;
  void on_mqtt_disconnected(Error cause) override;
  void on_mqtt_message_received(std::string_view topic, std::string_view payload) override;
  void on_mqtt_acknowledged(OpKey key, Error error) override;
  void connected(bool session_present);
  void disconnected(Error cause);
  bool still_waits(OpKey key) const override { return in_flight_.holds(key); }
  void on_close() override;

  void answer(OpPtr op, Error error = {});
  void refuse(OpPtr op);
  template <class T>
  bool pending_is() const;
  OpPtr take_connection_op();
  void fail_connection_op(Error error);
  void displace_connection_op();
  Error on_connect_expired(const Error& error);
  void fail_if(Error error, OpKey key);
  void note_sent(SentPacket& packet);
  void blame_oldest(const Error& cause);
  void on_pause_too_long();
  Duration longest_pause() const;

  MqttTransportFactory make_transport_;
  std::unique_ptr<MqttTransport> transport_;
  PendingOps connection_ops_{*this, "for the transport to connect or disconnect"};
  PendingOps in_flight_{*this, "for an acknowledgement of the service"};
  // Declared last, since closing fails the last member first: otherwise its failing disconnect
  // would continue with its connect.
  PendingOps reauthorizing_{*this, "for the connection to be reauthorized"};
  unsigned link_ = 0;  // Counts the connections.
  SteadyTime link_up_since_{};
  Timer reads_on_;  // Resumes reading even with a full inbox: a silent client seems lost.
  OpKey pending_;   // The connect or disconnect under way; at most one.
};

}  // namespace azure::iot::device
