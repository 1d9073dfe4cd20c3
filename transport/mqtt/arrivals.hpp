#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace azure::iot::device {

// Packets received while libmosquitto was reading, kept until its call has returned. libmosquitto
// holds locks inside its callbacks, so a listener that sends must not run inside one. The memory is
// reused from turn to turn, so that recording a packet costs a copy and no allocation.
class Arrivals {
 public:
  void note_puback(std::uint16_t mid) { list_.push_back({Kind::puback, mid}); }
  void note_suback(std::uint16_t mid, bool granted) {
    list_.push_back({Kind::suback, mid, granted});
  }
  void note_unsuback(std::uint16_t mid) { list_.push_back({Kind::unsuback, mid}); }
  void note_message(std::string_view topic, std::string_view payload) {
    list_.push_back({Kind::message, 0, false, bytes_.size(), topic.size(), payload.size()});
    bytes_.append(topic).append(payload);
  }

  // Reports the packets in order to `listener()`. It is evaluated again before each packet, and
  // returns null if there is no listener any more. Texts are valid until the call returns.
  template <class Listener>
  void tell(const Listener& listener) {
    const Forget forget_afterwards{*this};
    for (std::size_t i = 0; i < list_.size() && listener(); ++i) tell_one(list_[i], *listener());
  }

 private:
  static constexpr std::size_t kKept = 64 * 1024;

  enum class Kind : std::uint8_t { puback, suback, unsuback, message };
  struct Arrival {
    Kind kind;
    std::uint16_t mid;
    bool granted = false;
    std::size_t begin = 0;  // Of the topic in `bytes_`. The payload follows it.
    std::size_t topic_size = 0;
    std::size_t payload_size = 0;
  };

  // Clears the packets even if a listener throws, so that none is reported twice.
  struct Forget {
    Arrivals& arrivals;
    ~Forget() {
      arrivals.list_.clear();
      arrivals.bytes_.clear();
      // One large message must not occupy its memory permanently.
      if (arrivals.bytes_.capacity() > kKept) arrivals.bytes_ = std::string();
    }
  };

  template <class Listener>
  void tell_one(Arrival arrival, Listener& listener) {
    switch (arrival.kind) {
      case Kind::puback: return listener.on_puback(arrival.mid);
      case Kind::suback: return listener.on_suback(arrival.mid, arrival.granted);
      case Kind::unsuback: return listener.on_unsuback(arrival.mid);
      case Kind::message: {
        const std::string_view both(bytes_.data() + arrival.begin,
                                    arrival.topic_size + arrival.payload_size);
        return listener.on_message(both.substr(0, arrival.topic_size),
                                   both.substr(arrival.topic_size));
      }
    }
  }

  std::vector<Arrival> list_;
  std::string bytes_;
};

}  // namespace azure::iot::device
