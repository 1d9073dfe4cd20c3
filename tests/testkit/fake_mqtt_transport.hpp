#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <azure/iot/device/pipeline/loop/timer.hpp>
#include <azure/iot/device/pipeline/mqtt_transport.hpp>

#include "reply.hpp"

namespace azure::iot::device::test {

// A far end without sockets, and the transports that lead to it. Answers are posted to the loop. A
// request without a scripted reply is accepted. The far end does not queue publishes beyond
// `max_in_flight`.
//
//   FakeMqttTransport transport;
//   auto chain = make_iothub_mqtt_pipeline(loop, config, kDevice, transport.factory(), on_event);
//   transport.script({refuse, stall});
//   transport.drop();
//   CHECK(transport.dials() == 2);
class FakeMqttTransport {
 public:
  using Packet = test::Packet;

  FakeMqttTransport() = default;
  FakeMqttTransport(const FakeMqttTransport&) = delete;
  FakeMqttTransport& operator=(const FakeMqttTransport&) = delete;

  // This object and the loop must outlive the transports that the factory creates.
  MqttTransportFactory factory();

  // The replies to the next connects, one each.
  void script(std::initializer_list<Reply> replies);
  // The replies to the next publishes, subscribes and unsubscribes, in the order of arrival. A
  // packet that gets a reply from `reply_to` takes none of these.
  void script_acks(std::initializer_list<Reply> replies);
  // The reply to a request without a scripted one.
  Reply otherwise = accept;
  // The errors that the next calls on the transport return, one each. Such a call has no other
  // effect.
  void fail_calls(std::initializer_list<Error> errors);
  // Gives the late answers, in order.
  void release();

  // Drops the link.
  void drop(Error cause = Error(Errc::connection_dropped, "the far end hung up"));
  // Makes the link silent: nothing arrives on it until the keep-alive detects the loss.
  void fall_silent();
  // Publishes from the service.
  void receive(std::string_view topic, std::string_view payload = {});

  // Called for each packet once it is recorded. A fake service answers from here.
  std::function<void(const Packet&)> on_packet;
  // Asked first for the reply to a packet. If it is null or returns none, the script decides.
  std::function<std::optional<Reply>(const Packet&)> reply_to;
  // For a fake service: applies a reply to a response, or to an item that the service sends
  // unprompted. `give` sends it immediately, with the given status if the reply has one.
  void serve(const Reply& reply, std::function<void(std::optional<int> status)> give);
  // The session-present flag of the next CONNACK.
  bool session_present = false;
  // Accepts a disconnect and never reports its completion.
  bool silent_disconnect = false;
  // Delivers answers from inside the calls instead of posting them.
  bool answers_inside_calls = false;

  bool connected() const { return connected_; }
  // Whether the client has paused reading. Publishes received meanwhile are delivered when it
  // resumes.
  bool paused() const { return paused_; }
  std::size_t dials() const { return passwords_.size(); }
  std::size_t disconnects() const { return disconnects_; }
  bool was_shut_down() const { return shut_down_; }
  // The password of each dial.
  const std::vector<std::optional<std::string>>& passwords() const& { return passwords_; }
  std::vector<std::optional<std::string>> passwords() const&& { return passwords_; }
  const MqttTransportConfig& config() const& { return config_; }
  MqttTransportConfig config() const&& { return config_; }
  const std::vector<Packet>& packets() const& { return packets_; }
  std::vector<Packet> packets() const&& { return packets_; }
  // The topics of one kind of packet, in order.
  std::vector<std::string> topics(Packet::Kind kind) const;
  std::vector<std::string> published() const { return topics(Packet::Kind::publish); }
  std::vector<std::string> subscribed() const { return topics(Packet::Kind::subscribe); }
  // The number of packets that wait for their acknowledgement.
  std::size_t in_flight() const { return in_flight_.size(); }

  // For words of a script: calls `f` at `release`.
  void keep(std::function<void()> f) { late_.push_back(std::move(f)); }

 private:
  friend class Asked;
  class Link;
  // Answers that wait for the next one of their kind.
  struct Behind {
    std::vector<std::function<void()>> waiting;
    std::size_t added = 0;  // In total.
  };
  using PacketNumber = std::size_t;
  using KeyNumbers = std::pair<std::uint32_t, std::uint32_t>;

  void tell(std::function<void()> what);
  void pause(bool paused);
  Error next_call_error();
  void dial(std::optional<std::string> password);
  void send(OpKey key, Packet packet);
  void act(const Reply& reply, const Asked& asked, Behind& behind);
  void keep_behind_next(const Asked& asked, std::function<void()> f);
  const Packet& packet_of(const Asked& asked) const;
  // Whether an answer can arrive: it is given on the link on which it was requested, and that link
  // is not silent.
  bool reaches(const Asked& asked) const;
  void answer(const Asked& asked, Error error, bool at_any_time);
  void answer_connect(Error error);
  void put_in_flight(PacketNumber number, OpKey key);
  void acknowledge(OpKey key, Error error);
  void established();
  void end_link();
  void cancel_in_flight();
  void after(Duration delay, std::function<void()> f);

  EventLoop* loop_ = nullptr;
  MqttTransportListener* listener_ = nullptr;  // Null while there is no transport.
  MqttTransportConfig config_;
  bool connected_ = false;
  bool silent_ = false;
  bool paused_ = false;
  std::vector<std::pair<std::string, std::string>> unread_;
  bool shut_down_ = false;
  std::size_t attempt_ = 0;  // Answers on an earlier link or to an earlier dial are void.
  std::size_t disconnects_ = 0;
  std::vector<std::optional<std::string>> passwords_;
  std::vector<Packet> packets_;
  std::map<PacketNumber, OpKey> in_flight_;     // Oldest first.
  std::map<KeyNumbers, PacketNumber> numbers_;  // Of the packets in flight.
  std::deque<Reply> dial_script_;
  std::deque<Reply> ack_script_;
  std::deque<Error> call_errors_;
  std::vector<std::function<void()>> late_;
  Behind behind_packet_;
  Behind behind_answer_;
  std::list<Timer> timers_;
};

}  // namespace azure::iot::device::test
