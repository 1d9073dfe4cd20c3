#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <azure/iot/device/pipeline/error.hpp>
#include <azure/iot/device/pipeline/loop/time.hpp>
#include <azure/iot/device/pipeline/op_key.hpp>

namespace azure::iot::device::test {

class FakeMqttTransport;

// A packet that a client sent to the far end.
struct Packet {
  enum class Kind { publish, subscribe, unsubscribe };
  Kind kind;
  std::string topic;
  std::string payload;  // Of a publish.
  bool again = false;   // Sent again after a reconnect.

  bool operator==(const Packet&) const = default;
};

// A request that the far end is about to answer: a connect, a publish, a subscribe, an unsubscribe,
// or a request to the service behind the far end. Items that the service sends unprompted are
// represented in the same way, and their answer is their arrival. May be copied and answered later.
// The far end must outlive it.
class Asked {
 public:
  bool is_connect() const { return key_.kind == Kind::connect; }
  bool is_packet() const { return key_.kind == Kind::packet; }
  // Whether it concerns the service: a request to it, or an item that it sends unprompted.
  bool is_service() const { return key_.kind == Kind::service; }
  // The packet, as the far end recorded it. Only for a packet.
  const Packet& packet() const;
  FakeMqttTransport& far_end() const { return *far_end_; }

  // Accepts the request, or refuses it with an error. Has no effect if the request's link has ended
  // or fallen silent.
  void answer(Error error = {}) const;
  // Does the same, but an answer to a packet or a request is delivered even after its link has
  // ended.
  void answer_at_any_time(Error error = {}) const;
  // Answers a request to the service with a status. Other kinds have no status: a connect and a
  // subscribe are refused, and a publish or unsubscribe ends the link, as with a real hub.
  void answer_with_status(int status) const;
  // Refuses as a hub does: a connect with CONNACK 3, a subscribe with SUBACK 0x80, a request to the
  // service with status 400. A publish or unsubscribe, which MQTT 3.1.1 cannot refuse, fails with
  // `connection_failed`. An item that the service sends is lost.
  void refuse() const;
  // Calls `f` once this much of the loop's time has passed.
  void after(Duration delay, std::function<void()> f) const;
  // Calls `f` after the answer to the next request: for a packet, after the answer to the next
  // packet. A request that waits in this way itself does not count. Not for a connect.
  void behind_next(std::function<void()> f) const;

 private:
  friend class FakeMqttTransport;
  enum class Kind { connect, packet, service };
  struct Key {
    Kind kind;
    OpKey op;
    std::size_t packet;
    std::size_t attempt;
  };
  // Sends the response to a request, with its usual status if none is given.
  using Give = std::function<void(std::optional<int> status)>;

  Asked(FakeMqttTransport& far_end, Key key, std::shared_ptr<const Give> give = nullptr)
      : far_end_(&far_end), key_(key), give_(std::move(give)) {}

  FakeMqttTransport* far_end_;
  Key key_;
  std::shared_ptr<const Give> give_;  // Only for the service.
};

// A word of a script: the far end's behaviour for one request. To add a fault that is missing here,
// write a function:
//
//   // Accepts, and hangs up a second later.
//   const Reply flapping{[](const Asked& asked) {
//     asked.answer();
//     asked.after(1s, [asked] { asked.far_end().drop(); });
//   }};
//   far_end.script({flapping, flapping, accept});
struct Reply {
  std::function<void(const Asked&)> act;
};

// Answers with success. The default for every request without a scripted reply.
extern const Reply accept;
// Refuses as a hub does: see Asked::refuse.
extern const Reply refuse;
// Answers with this error.
Reply refuse_with(Error error);
// Refuses a connect with this CONNACK code, such as 5 for a credential that is not accepted.
// Anything else is refused without a code.
Reply connack(int code);
// Answers a request to the service with this status, such as 429 if it is throttled. See
// Asked::answer_with_status for anything else.
Reply status(int code);
// Never answers.
extern const Reply stall;
// Never answers either: the answer is lost on its way, and so is an item that the service sends.
extern const Reply lost;
// Drops the link instead of answering.
extern const Reply drop;
// Answers when `release` of the far end is called, even if the call has timed out by then.
extern const Reply late;
// Answers twice. An item that the service sends arrives twice.
extern const Reply duplicate;
// Accepts a connect and never answers anything else. The link looks up, but nothing arrives on it
// from then on. The keep-alive detects the loss after twice its interval.
extern const Reply half_open;
// Answers with success after this delay, if the link lasts that long.
Reply slow(Duration delay);
// Answers after the next request that is not `reordered`. Several in a row are answered in reverse
// order. A connect is accepted at once.
extern const Reply reordered;

}  // namespace azure::iot::device::test
