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

// What a client sent to the far end.
struct Packet {
  enum class Kind { publish, subscribe, unsubscribe };
  Kind kind;
  std::string topic;
  std::string payload;  // Of a publish.
  bool again = false;   // Sent once more after a connect.

  bool operator==(const Packet&) const = default;
};

// Something that the far end is about to answer: a connect, a publish, subscribe or unsubscribe
// (its packet), or a request to the service behind it. Something that the service sends by itself
// is one too: its answer is that it arrives. May be copied and answered later; the far end outlives
// it.
class Asked {
 public:
  bool is_connect() const { return key_.kind == Kind::connect; }
  bool is_packet() const { return key_.kind == Kind::packet; }
  // Of the service: a request to it, or what it sends by itself.
  bool is_service() const { return key_.kind == Kind::service; }
  // Which of the far end's packets it is. Only of a packet.
  const Packet& packet() const;
  FakeMqttTransport& far_end() const { return *far_end_; }

  // Accepts it, or refuses it with an error. Nothing comes of that if its link has ended, or has
  // fallen silent.
  void answer(Error error = {}) const;
  // The same, but the answer to a packet or a request comes also when its link has ended.
  void answer_at_any_time(Error error = {}) const;
  // Answers a request with a status of the service. Anything else has none: a connect and a
  // subscribe are refused, and a publish or unsubscribe costs the link, as with a hub.
  void answer_with_status(int status) const;
  // Refuses it as a hub does: a connect with CONNACK 3, a subscribe with SUBACK 0x80, a request
  // with the status 400. A publish or unsubscribe, which MQTT 3.1.1 cannot refuse, fails with
  // `connection_failed`. An item that the service sends is lost.
  void refuse() const;
  // Calls `f` when so much of the loop's time has passed.
  void after(Duration delay, std::function<void()> f) const;
  // Calls `f` behind the answer to the next one that does not wait in this way itself, which is a
  // packet for a packet. Not for a connect.
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
  // Sends the answer of a request, with its usual status if none is given.
  using Give = std::function<void(std::optional<int> status)>;

  Asked(FakeMqttTransport& far_end, Key key, std::shared_ptr<const Give> give = nullptr)
      : far_end_(&far_end), key_(key), give_(std::move(give)) {}

  FakeMqttTransport* far_end_;
  Key key_;
  std::shared_ptr<const Give> give_;  // Of the service.
};

// A word of a script: what the far end does with one of them. A fault that is missing here is a
// function more:
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

// Answered with success, and so is whatever no reply is scripted for.
extern const Reply accept;
// Refused as a hub does: see Asked::refuse.
extern const Reply refuse;
// Answered with this error.
Reply refuse_with(Error error);
// A connect is refused with this CONNACK code: 5 for a credential that is not accepted. Anything
// else is refused without it.
Reply connack(int code);
// A request is answered with this status of the service: 429 if it is throttled. See
// Asked::answer_with_status for anything else.
Reply status(int code);
// Never answered.
extern const Reply stall;
// The same: the answer is lost on its way, and so is what the service sends.
extern const Reply lost;
// The link is lost instead of an answer.
extern const Reply drop;
// Answered when `release` of the far end is called, even if the call has timed out by then.
extern const Reply late;
// Answered twice; what the service sends arrives twice.
extern const Reply duplicate;
// A connect is accepted and anything else swallowed, and from then on nothing comes on this link,
// though it looks up, until the keep-alive notices: after twice its time.
extern const Reply half_open;
// Answered with success once so much time has passed, if the link holds so long.
Reply slow(Duration delay);
// Answered after the next one that is not `reordered`; several are in reverse order. A connect is
// accepted.
extern const Reply reordered;

}  // namespace azure::iot::device::test
