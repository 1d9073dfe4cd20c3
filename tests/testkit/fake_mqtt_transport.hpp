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

// A far end without sockets, and the transports that lead to it. Answers are posted to the loop;
// where no reply is scripted it accepts. It does not queue beyond `max_in_flight`.
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

  // It, and the loop, outlive what the factory makes.
  MqttTransportFactory factory();

  // The replies to the next connects, one each.
  void script(std::initializer_list<Reply> replies);
  // The replies to the next publishes, subscribes and unsubscribes, in the order in which they
  // arrive; but a packet that has a reply of its own by `reply_to` takes none of these.
  void script_acks(std::initializer_list<Reply> replies);
  // What it does where nothing is scripted.
  Reply otherwise = accept;
  // What calls on the transport return, one each, next call first; nothing is done then.
  void fail_calls(std::initializer_list<Error> errors);
  // Gives the answers that are late, in order.
  void release();

  // The link is lost.
  void drop(Error cause = Error(Errc::connection_dropped, "the far end hung up"));
  // Nothing comes on this link any more, until the keep-alive notices.
  void fall_silent();
  // The service publishes.
  void receive(std::string_view topic, std::string_view payload = {});

  // Called for each packet once it is recorded: the place of a service that answers.
  std::function<void(const Packet&)> on_packet;
  // Asked first for the reply to a packet; null, or none, leaves it to the script.
  std::function<std::optional<Reply>(const Packet&)> reply_to;
  // For a service: does what the reply says with an answer, or with something that it sends by
  // itself. `give` sends it, now, with a status if the reply has one.
  void serve(const Reply& reply, std::function<void(std::optional<int> status)> give);
  // Whether the next CONNACK says that the session is known.
  bool session_present = false;
  // Takes a disconnect and never says that it is done.
  bool silent_disconnect = false;
  // Answers from inside the calls instead of later.
  bool answers_inside_calls = false;

  bool connected() const { return connected_; }
  // Whether the client takes in nothing; what it receives comes once it reads on.
  bool paused() const { return paused_; }
  std::size_t dials() const { return passwords_.size(); }
  std::size_t disconnects() const { return disconnects_; }
  bool was_shut_down() const { return shut_down_; }
  // With what each dial authenticated.
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
  // How many packets wait for their acknowledgement.
  std::size_t in_flight() const { return in_flight_.size(); }

  // For words of a script: calls `f` at `release`.
  void keep(std::function<void()> f) { late_.push_back(std::move(f)); }

 private:
  friend class Asked;
  class Link;
  // Answers that wait for the next one of their kind.
  struct Behind {
    std::vector<std::function<void()>> waiting;
    std::size_t added = 0;  // Ever.
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
  // Whether an answer is on the link on which that was asked, and comes through.
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
  std::size_t attempt_ = 0;  // An answer on an earlier link, or to an earlier dial, is void.
  std::size_t disconnects_ = 0;
  std::vector<std::optional<std::string>> passwords_;
  std::vector<Packet> packets_;
  std::map<PacketNumber, OpKey> in_flight_;     // Oldest first.
  std::map<KeyNumbers, PacketNumber> numbers_;  // Of those.
  std::deque<Reply> dial_script_;
  std::deque<Reply> ack_script_;
  std::deque<Error> call_errors_;
  std::vector<std::function<void()>> late_;
  Behind behind_packet_;
  Behind behind_answer_;
  std::list<Timer> timers_;
};

}  // namespace azure::iot::device::test
