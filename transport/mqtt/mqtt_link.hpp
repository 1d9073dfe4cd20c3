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

// What a link tells. It may be used, also abandoned, inside each of these.
class MqttLinkListener {
 public:
  // Unacknowledged publishes have been sent again by then.
  virtual void on_link_up(bool session_present) = 0;
  // An `open` ended without a connection.
  virtual void on_link_failed(Error cause) = 0;
  // A connection ended; no error where `close` asked for it.
  virtual void on_link_down(Error cause) = 0;
  virtual void on_puback(std::uint16_t mid) = 0;
  virtual void on_suback(std::uint16_t mid, bool granted) = 0;
  virtual void on_unsuback(std::uint16_t mid) = 0;
  virtual void on_message(std::string_view topic, std::string_view payload) = 0;

 protected:
  ~MqttLinkListener() = default;
};

// The connection of one client, made anew as often as needed: looks the name up, dials, watches the
// socket, keeps the connection alive and says farewell. Every road is dialled alike: TCP to the
// first hop (TcpDial), then a tunnel where the route needs one, then TLS and MQTT by libmosquitto.
// Loop's thread only.
//
// libmosquitto must not be closed or destroyed by what it calls. So each call from outside is a
// frame: what came in is told, and what has ended is put away, where the outermost frame ends.
class MqttLink final : public std::enable_shared_from_this<MqttLink>, private MosquittoEvents {
 public:
  static Result<std::shared_ptr<MqttLink>> create(EventLoop& loop,
                                                  const MqttTransportConfig& config,
                                                  const MosquittoTransportOptions& options,
                                                  MqttLinkListener& listener);
  ~MqttLink();

  // Only while down.
  void open(std::optional<std::string> password);
  // Gives up an `open`, without a word to the listener. Returns how far it had come.
  std::string cancel();
  // Ends the connection with a DISCONNECT; on_link_down follows, never from inside this call.
  void close();
  // Ends everything. Nothing is told any more.
  void abandon();

  enum class State {
    down,       // -> resolving, dialling
    resolving,  // The name is being looked up. -> dialling, down
    dialling,   // TCP, TLS, or waiting for the CONNACK. -> up, dialling (next address), down
    up,         // -> closing, down
    closing,    // The DISCONNECT has not gone out entirely. -> down
  };
  State state() const { return state_; }
  // Up, as far as one can know now; what ended is told soon.
  bool usable() const { return state_ == State::up && !ended_; }

  // As in MqttTransport.
  void pause_reading(bool paused);

  // As on MosquittoClient; only while usable. What fails together with the connection counts as
  // sent, and the loss is told later.
  Error publish(const std::string& topic, const std::string& payload, std::uint16_t& mid);
  // What `publish` would find fault with.
  static Error check_publish(const std::string& topic, const std::string& payload);
  Error subscribe(const std::string& topic, std::uint16_t& mid);
  Error unsubscribe(const std::string& topic, std::uint16_t& mid);
  // What has not been acknowledged will not be sent again. Only while down.
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

  // Counts a frame, however it is left.
  class Depth {
   public:
    explicit Depth(int& depth) : depth_(++depth) {}
    ~Depth() { --depth_; }

   private:
    int& depth_;
  };

  // What is left for before the loop waits. Keeps the link until then.
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
  std::unique_ptr<Tunnel> tunnel_;  // Where the route needs one. Outlives the connection over it.
  std::unique_ptr<MosquittoClient> client_;
  ForkGuard fork_guard_;

  State state_ = State::down;
  int depth_ = 0;                    // Of frames.
  std::optional<Error> ended_;       // Why the connection, or the dial, is over; to be settled.
  Arrivals arrivals_;                // To be told at the end of the frame.
  std::optional<bool> to_announce_;  // A CONNACK came: whether it knew the session.
  std::optional<ConnectionAttempt> attempt_;
  std::optional<NameLookup> lookup_;
  std::vector<std::string> server_addresses_;  // Behind a proxy that wants them.
  std::string address_;                        // Dialled last, or those that are being dialled.
  std::string served_last_;                    // The address of the last connection that came up.
  SteadyTime dialled_at_{};
  int watched_fd_ = -1;
  bool paused_ = false;     // Nothing is read while the link is up.
  bool impatient_ = false;  // The farewell has had its time.
  KeepAlive keep_alive_;
  Flush flush_;

  Timer patience_;  // For the lookup, the address being dialled, or the farewell.
  Timer soon_;      // Settles, or reads on, in the next turn.
  Timer keep_alive_timer_;
};

// Something from outside: the socket, a timer, the resolver. What it tells may use this link, or
// let go of it.
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
