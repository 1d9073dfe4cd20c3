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

// Maps each packet identifier to its operation until the acknowledgement, and queues the publishes
// beyond the window in FIFO order. (Python: OperationManager, and the queue inside paho.) Keeps
// copies of publishes in flight, since libmosquitto does not return its own.
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

  // Whether a publish can be sent now without exceeding the window or overtaking another publish.
  bool may_send() const { return publishes_ < max_in_flight_ && queue_.empty(); }
  void queue_publish(OpKey key, std::string topic, std::string payload,
                     const StillWaits& still_waits);
  // The next queued publish whose operation still waits, if the window has room for it.
  std::optional<QueuedPublish> next_to_send(const StillWaits& still_waits);
  // Records a packet that was sent. A publish from the queue keeps its turn.
  void establish(Kind kind, std::uint16_t mid, OpKey key, std::uint64_t turn = 0,
                 Message message = {});
  // Whether a packet with this identifier was sent and is unacknowledged, even if its operation has
  // ended.
  bool in_flight(std::uint16_t mid) const;
  // Records an acknowledgement. Returns no key if the identifier is unknown, or if the operation
  // was cancelled.
  OpKey complete(Kind kind, std::uint16_t mid);

  // Records the end of the connection. Its subscribes and unsubscribes will not be acknowledged,
  // and other packets may get their identifiers on the next connection.
  void connection_ended(const StillWaits& still_waits);
  // Removes all waiting operations and returns them, oldest first. Publishes that were sent remain
  // in flight and fill the window.
  std::vector<OpKey> cancel_all();
  // Whether an operation still waits for an unacknowledged publish.
  bool wants_resend(const StillWaits& still_waits) const;
  // Whether an unacknowledged publish has no waiting operation any more.
  bool has_withdrawn(const StillWaits& still_waits) const;
  // Records that libmosquitto will neither resend nor acknowledge anything sent so far. Publishes
  // with a waiting operation return to the front of the queue.
  void forget_sent(const StillWaits& still_waits = [](OpKey) { return false; });

  std::size_t queued() const { return queue_.size(); }
  std::size_t publishes_in_flight() const { return publishes_; }

 private:
  struct Entry {
    OpKey key;
    std::uint64_t turn = 0;
    std::uint16_t mid = 0;  // 0: can no longer be acknowledged.
    Kind kind = Kind::publish;
    bool done = false;
    std::uint32_t older = 0;  // The place of the next entry of its bucket, counted from 1.
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
  // In order of sending, which is usually the order of acknowledgement. All entries before `first_`
  // are done, and so are `done_` of the others.
  std::vector<Entry> entries_;
  // The place of the newest entry, counted from 1, for each bucket of packet identifiers.
  std::vector<std::uint32_t> buckets_ = std::vector<std::uint32_t>(16);
  std::size_t first_ = 0;
  std::size_t done_ = 0;
  std::deque<QueuedPublish> queue_;
  std::size_t sweep_at_ = 1024;  // Queue length at which abandoned publishes are removed.
};

}  // namespace azure::iot::device
