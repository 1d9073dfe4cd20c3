#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "../../pipeline/op_key.hpp"

namespace azure::iot::device {

// Knows which operation each packet identifier stands for until it is acknowledged, and keeps the
// publishes that are beyond the window, first come first sent. (Python: OperationManager, and the
// queue inside paho.) Keeps a copy of what is in flight, since libmosquitto gives none back.
class OperationManager {
 public:
  enum class Kind : std::uint8_t { publish, subscribe, unsubscribe };
  struct QueuedPublish {
    OpKey key;
    std::string topic;
    std::string payload;
    std::uint64_t turn;
  };
  struct Message {
    std::string topic;
    std::string payload;
  };
  using StillWaits = std::function<bool(OpKey)>;

  explicit OperationManager(std::size_t max_in_flight) : max_in_flight_(max_in_flight) {}

  // Whether a publish may be sent now without passing the window or another publish.
  bool may_send() const { return publishes_ < max_in_flight_ && queue_.empty(); }
  void queue_publish(OpKey key, std::string topic, std::string payload,
                     const StillWaits& still_waits);
  // The next publish from the queue that somebody still waits for, if the window has room for it.
  std::optional<QueuedPublish> next_to_send(const StillWaits& still_waits);
  // A packet was sent. A publish that came from the queue keeps its turn.
  void establish(Kind kind, std::uint16_t mid, OpKey key, std::uint64_t turn = 0,
                 Message message = {});
  // Whether a packet with this identifier was sent and is not acknowledged, also if nobody waits
  // for it any more.
  bool in_flight(std::uint16_t mid) const;
  // It was acknowledged. No key if it is unknown, or nobody was to be told any more.
  OpKey complete(Kind kind, std::uint16_t mid);

  // The connection ended: what was subscribed on it will not be acknowledged, on the next one
  // somebody else may have the same packet identifier.
  void connection_ended(const StillWaits& still_waits);
  // Takes everything that waits, oldest first. What was sent is still in flight: publishes fill the
  // window.
  std::vector<OpKey> cancel_all();
  // Whether a publish that was sent, and not acknowledged, is still waited for.
  bool wants_resend(const StillWaits& still_waits) const;
  // Whether a publish that was sent, and not acknowledged, is not waited for any more.
  bool has_withdrawn(const StillWaits& still_waits) const;
  // Nothing that was sent will be acknowledged or sent again by libmosquitto. What is still waited
  // for goes back to the front of the queue.
  void forget_sent(const StillWaits& still_waits = [](OpKey) { return false; });

  std::size_t queued() const { return queue_.size(); }
  std::size_t publishes_in_flight() const { return publishes_; }

 private:
  struct Entry {
    OpKey key;
    std::uint64_t turn = 0;
    std::uint16_t mid = 0;  // 0: can not be acknowledged any more.
    Kind kind = Kind::publish;
    bool done = false;
    std::uint32_t older = 0;  // The place of the next one of its bucket, counted from 1.
    Message message = {};
  };
  void finish(std::size_t index);
  void compact();
  std::uint32_t& bucket_of(std::uint16_t mid) { return buckets_[mid & (buckets_.size() - 1)]; }
  std::uint32_t bucket_of(std::uint16_t mid) const { return buckets_[mid & (buckets_.size() - 1)]; }
  void fill_buckets();

  std::size_t max_in_flight_;
  std::size_t publishes_ = 0;  // Sent and not acknowledged.
  std::uint64_t last_turn_ = 0;
  // In order of sending, which is nearly always that of the acknowledgements. What is before
  // `first_` is done, and so are `done_` others among the rest.
  std::vector<Entry> entries_;
  // By packet identifier: the place of the newest entry, counted from 1.
  std::vector<std::uint32_t> buckets_ = std::vector<std::uint32_t>(16);
  std::size_t first_ = 0;
  std::size_t done_ = 0;
  std::deque<QueuedPublish> queue_;
  std::size_t sweep_at_ = 1024;  // Length of the queue at which what nobody waits for is dropped.
};

}  // namespace azure::iot::device
