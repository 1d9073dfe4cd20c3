#pragma once

#include <functional>
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

// A connect, publish, subscribe or unsubscribe that came to the far end, which is about to answer.
// May be copied and answered later; the far end outlives it.
class Asked {
 public:
  bool is_connect() const { return key_.is_connect; }
  // Which of the far end's packets it is; not for a connect.
  const Packet& packet() const;
  FakeMqttTransport& far_end() const { return *far_end_; }

  // Accepts it, or refuses it with an error. Nothing comes of that if its link has ended, or has
  // fallen silent.
  void answer(Error error = {}) const;
  // The same, but the answer to a packet comes also when its link has ended.
  void answer_at_any_time(Error error = {}) const;
  // Calls `f` when so much of the loop's time has passed.
  void after(Duration delay, std::function<void()> f) const;

 private:
  friend class FakeMqttTransport;
  struct Key {
    bool is_connect;
    OpKey op;
    std::size_t packet;
    std::size_t attempt;
  };
  Asked(FakeMqttTransport& far_end, Key key) : far_end_(&far_end), key_(key) {}

  FakeMqttTransport* far_end_;
  Key key_;
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
// Answered with `connection_failed`.
extern const Reply refuse;
// Answered with this error.
Reply refuse_with(Error error);
// Never answered.
extern const Reply stall;
// The link is lost instead of an answer.
extern const Reply drop;
// Answered when FakeMqttTransport::release is called, whoever waits for it then.
extern const Reply late;
// Answered twice.
extern const Reply duplicate;
// A connect is accepted and a packet swallowed, and from then on nothing comes on this link, though
// it looks up, until the keep-alive notices: after twice its time.
extern const Reply half_open;
// Answered with success once so much time has passed, if the link holds so long.
Reply slow(Duration delay);
// Answered after the next one that is not `reordered`; several are in reverse order. For packets; a
// connect is accepted.
extern const Reply reordered;

}  // namespace azure::iot::device::test
