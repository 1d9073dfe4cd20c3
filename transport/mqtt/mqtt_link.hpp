#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../pipeline/log.hpp"
#include "../../pipeline/loop/event_loop.hpp"
#include "../../pipeline/loop/fork_guard.hpp"
#include "../../pipeline/mqtt_transport.hpp"
#include "../name_lookup.hpp"
#include "../resolver.hpp"
#include "../tcp_dial.hpp"
#include "../tunnel/tunnel.hpp"
#include "arrivals.hpp"
#include "connection_attempt.hpp"
#include "keep_alive.hpp"
#include "mosquitto_client.hpp"
#include "mosquitto_transport.hpp"

namespace azure::iot::device {

// Events of a link. The link may be used, and also abandoned, inside each of these calls.
class MqttLinkListener {
 public:
  // The connection is up. Unacknowledged publishes have been sent again by then.
  virtual void on_link_up(bool session_present) = 0;
  // An `open` ended without a connection.
  virtual void on_link_failed(Error cause) = 0;
  // A connection ended. No error if `close` was called.
  virtual void on_link_down(Error cause) = 0;
  virtual void on_puback(std::uint16_t mid) = 0;
  virtual void on_suback(std::uint16_t mid, bool granted) = 0;
  virtual void on_unsuback(std::uint16_t mid) = 0;
  virtual void on_message(std::string_view topic, std::string_view payload) = 0;

 protected:
  ~MqttLinkListener() = default;
};

// The connection of one client, reconnected as often as needed. It resolves the name, dials,
// watches the socket, keeps the connection alive and disconnects. Every route is dialled in the
// same way: TCP to the first hop (TcpDial), a tunnel if the route needs one, then TLS and MQTT by
// libmosquitto. Loop's thread only.
//
// libmosquitto must not be closed or destroyed inside its callbacks. So each call from outside is a
// frame. Packets are reported, and an ended connection is torn down, at the end of the outermost
// frame.
class MqttLink final : public std::enable_shared_from_this<MqttLink>, private MosquittoEvents {
 public:
  static Result<std::shared_ptr<MqttLink>> create(EventLoop& loop,
                                                  const MqttTransportConfig& config,
                                                  const MosquittoTransportOptions& options,
                                                  MqttLinkListener& listener);
  ~MqttLink();

  // Only while down.
  void open(std::optional<std::string> password);
  // Cancels an `open` without notifying the listener. Returns how far it had come.
  std::string cancel();
  // Ends the connection with a DISCONNECT. on_link_down follows, never from inside this call.
  void close();
  // Ends everything. Nothing is reported afterwards.
  void abandon();

  enum class State {
    down,       // -> resolving, dialling
    resolving,  // The name is being looked up. -> dialling, down
    dialling,   // TCP, TLS, or waiting for the CONNACK. -> up, dialling (next address), down
    up,         // -> closing, down
    closing,    // The DISCONNECT has not been sent completely. -> down
  };
  State state() const { return state_; }
  // Whether the link is up, as far as is known. A connection that has ended is not usable, even
  // before its end is reported.
  bool usable() const { return state_ == State::up && !ended_; }

  // As in MqttTransport.
  void pause_reading(bool paused);

  // As on MosquittoClient; only while usable. If the connection fails during the call, the packet
  // counts as sent and the loss is reported later.
  Error publish(const std::string& topic, const std::string& payload, std::uint16_t& mid);
  // The error that `publish` would return for these arguments.
  static Error check_publish(const std::string& topic, const std::string& payload);
  Error subscribe(const std::string& topic, std::uint16_t& mid);
  Error unsubscribe(const std::string& topic, std::uint16_t& mid);
  // Forgets unacknowledged packets, which are then not sent again. Only while down.
  Error forget_messages();
  // As on MosquittoClient.
  std::uint16_t next_identifier() const { return client_->next_identifier(); }
  bool skip_identifier() { return client_->skip_identifier(); }

 private:
  MqttLink(EventLoop& loop, const MqttTransportConfig& config,
           const MosquittoTransportOptions& options, MqttLinkListener& listener);

  void on_resolved(Resolver::Answer answer);
  void on_server_resolved(Resolver::Answer answer);
  void dial_next();
  void on_dialled(TcpDial::Outcome outcome);
  Error unreachable(int error_number) const;
  void open_tunnel(UniqueFd first_hop);
  void hand_over(UniqueFd carrier);
  void on_patience_lost();
  std::string phase() const;

  // Counts a frame until it is left, also by an exception.
  class Depth {
   public:
    explicit Depth(int& depth) : depth_(++depth) {}
    ~Depth() { --depth_; }

   private:
    int& depth_;
  };

  // Runs the work left for the end of a turn, before the loop waits. Keeps the link alive until
  // then.
  class Flush final : public PostedWork {
   public:
    void run() override { std::exchange(link, nullptr)->flush(); }
    void discard() override { link.reset(); }
    std::shared_ptr<MqttLink> link;
  };

  template <class Body>
  void frame(const Body& body);
  template <class Send>
  Error send(const char* what, const Send& send);
  void after_call();
  void settle_soon();
  void on_ready(unsigned readiness) noexcept;
  void take_notice(unsigned readiness);
  void take_in();
  void on_tunnel_ending();
  bool pausing() const { return paused_ && state_ == State::up; }
  void write();
  void flush_later();
  void flush();
  void watch();
  void unwatch();
  void ask_keep_alive();
  void arm_keep_alive();

  void check(const MosquittoResult& result);
  Error dial_failure(const MosquittoResult& result) const;
  void end(Error error);
  void announce();
  void tell_arrivals();
  void settle();
  void go_down();
  void tear_down();

  void on_connack(int code, bool session_present) override;
  void on_puback(std::uint16_t mid) override;
  void on_suback(std::uint16_t mid, bool granted) override;
  void on_unsuback(std::uint16_t mid) override;
  void on_message(std::string_view topic, std::string_view payload) override;
  void on_closed() override;

  void log(LogLevel level, const std::string& text) const;
  std::string server() const;

  EventLoop& loop_;
  const std::string client_id_;
  const Route route_;
  const std::string username_;
  const std::chrono::seconds interval_;
  const MosquittoTransportOptions options_;
  MqttLinkListener* listener_;  // Null once abandoned.
  std::shared_ptr<TlsContext> tls_;
  std::unique_ptr<TcpDial> dial_;
  std::unique_ptr<Tunnel> tunnel_;  // If the route needs one. Outlives the connection over it.
  std::unique_ptr<MosquittoClient> client_;
  ForkGuard fork_guard_;

  State state_ = State::down;
  int depth_ = 0;                    // Nested frames.
  std::optional<Error> ended_;       // Why the connection or the dial ended; to be settled.
  Arrivals arrivals_;                // To be reported at the end of the frame.
  std::optional<bool> to_announce_;  // A CONNACK came, with this session-present flag.
  std::optional<ConnectionAttempt> attempt_;
  std::optional<NameLookup> lookup_;
  std::vector<std::string> server_addresses_;  // If the proxy needs them.
  std::string address_;                        // Dialled last, or those being dialled.
  std::string served_last_;                    // The address of the last connection that came up.
  SteadyTime dialled_at_{};
  int watched_fd_ = -1;
  bool paused_ = false;     // Nothing is read while the link is up.
  bool impatient_ = false;  // The time for the DISCONNECT has passed.
  KeepAlive keep_alive_;
  Flush flush_;

  Timer patience_;  // For the lookup, the address being dialled, or the DISCONNECT.
  Timer soon_;      // Settles, or continues reading, in the next turn.
  Timer keep_alive_timer_;
};

// Handles an event from outside: from the socket, a timer or the resolver. The listener may use
// this link, or drop its reference to it.
template <class Body>
void MqttLink::frame(const Body& body) {
  const auto self = shared_from_this();
  {
    const Depth within(depth_);
    body();
    if (depth_ == 1) tell_arrivals();
    if (!ended_) write();
  }
  settle();
}

}  // namespace azure::iot::device
