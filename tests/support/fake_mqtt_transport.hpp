#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/mqtt_transport.hpp"

namespace azure::iot::device::test {

// What the far end does with one connect, publish, subscribe or unsubscribe.
struct Reply {
  enum class Kind { accept, refuse, stall, drop, late, duplicate };
  Kind kind = Kind::accept;
  Error error = {};  // With which it is refused.
};

inline const Reply accept{Reply::Kind::accept};
inline const Reply refuse{Reply::Kind::refuse,
                          Error(Errc::connection_failed, "the far end refused")};
// Never answered.
inline const Reply stall{Reply::Kind::stall};
// The link is lost instead of an answer.
inline const Reply drop{Reply::Kind::drop};
// Answered with `release`, whoever waits for it then.
inline const Reply late{Reply::Kind::late};
// Answered twice.
inline const Reply duplicate{Reply::Kind::duplicate};
inline Reply refuse_with(Error error) { return {Reply::Kind::refuse, std::move(error)}; }

// A far end without sockets, and the transports that lead to it. Answers are posted to the loop;
// where no reply is scripted it accepts. It does not queue beyond `max_in_flight`.
//
//   FakeMqttTransport transport;
//   auto pipeline = make_iothub_mqtt_pipeline(loop, config, hub, transport.factory(), on_event);
//   transport.script({refuse, stall});
//   transport.drop();
//   CHECK(transport.dials() == 2);
class FakeMqttTransport {
 public:
  struct Packet {
    enum class Kind { publish, subscribe, unsubscribe };
    Kind kind;
    std::string topic;
    std::string payload;  // Of a publish.
    bool again = false;   // Sent once more after a connect.

    bool operator==(const Packet&) const = default;
  };

  FakeMqttTransport() = default;
  FakeMqttTransport(const FakeMqttTransport&) = delete;
  FakeMqttTransport& operator=(const FakeMqttTransport&) = delete;

  // It, and the loop, outlive what the factory makes.
  MqttTransportFactory factory();

  // The replies to the next connects, one each.
  void script(std::initializer_list<Reply> replies);
  // The replies to the next publishes, subscribes and unsubscribes, in the order in which they
  // arrive.
  void script_acks(std::initializer_list<Reply> replies);
  // What calls on the transport return, one each, next call first; nothing is done then.
  void fail_calls(std::initializer_list<Error> errors);
  // Gives the answers that are late, in order.
  void release();

  // The link is lost.
  void drop(Error cause = Error(Errc::connection_dropped, "the far end hung up"));
  // The service publishes.
  void receive(std::string_view topic, std::string_view payload = {});

  // Called for each packet once it is recorded: the place of a service that answers.
  std::function<void(const Packet&)> on_packet;
  // Whether the next CONNACK says that the session is known.
  bool session_present = false;
  // Takes a disconnect and never says that it is done.
  bool silent_disconnect = false;
  // Answers from inside the calls instead of later.
  bool answers_inside_calls = false;

  bool connected() const { return connected_; }
  std::size_t dials() const { return passwords_.size(); }
  std::size_t disconnects() const { return disconnects_; }
  bool was_shut_down() const { return shut_down_; }
  // With what each dial authenticated.
  const std::vector<std::optional<std::string>>& passwords() const { return passwords_; }
  const MqttTransportConfig& config() const { return config_; }
  const std::vector<Packet>& packets() const { return packets_; }
  // The topics of one kind of packet, in order.
  std::vector<std::string> topics(Packet::Kind kind) const;
  std::vector<std::string> published() const { return topics(Packet::Kind::publish); }
  std::vector<std::string> subscribed() const { return topics(Packet::Kind::subscribe); }
  // How many packets wait for their acknowledgement.
  std::size_t in_flight() const { return in_flight_.size(); }

 private:
  class Link;
  struct InFlight {
    OpKey key;
    Packet packet;
  };

  void answer(std::function<void()> what);
  Error next_call_error();
  void dial(std::optional<std::string> password);
  void send(OpKey key, Packet packet);
  void reply_to(OpKey key, const Reply& reply);
  void acknowledge(OpKey key, Error error);
  void established();
  void cancel_in_flight();

  EventLoop* loop_ = nullptr;
  MqttTransportListener* listener_ = nullptr;  // Null while there is no transport.
  MqttTransportConfig config_;
  bool connected_ = false;
  bool shut_down_ = false;
  std::size_t attempt_ = 0;  // An answer to an earlier dial is void.
  std::size_t disconnects_ = 0;
  std::vector<std::optional<std::string>> passwords_;
  std::vector<Packet> packets_;
  std::deque<InFlight> in_flight_;
  std::deque<Reply> dial_script_;
  std::deque<Reply> ack_script_;
  std::deque<Error> call_errors_;
  std::vector<std::function<void()>> late_;
};

}  // namespace azure::iot::device::test
