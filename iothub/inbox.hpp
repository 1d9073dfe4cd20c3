#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace azure::iot::device {

// The number of a client's inboxes that are full. Any thread.
class InboxPressure {
 public:
  // Sets `f`, which is called whenever `high` may have changed, on the thread that changed it. Call
  // this before the first item.
  void when_changed(std::function<void()> f) { changed_ = std::move(f); }
  // Returns whether reading from the service should pause.
  bool high() const { return full_.load(std::memory_order_seq_cst) > 0; }

  void add(int inboxes) {
    full_.fetch_add(inboxes, std::memory_order_seq_cst);
    if (changed_) changed_();
  }

 private:
  std::atomic<int> full_ = 0;
  std::function<void()> changed_;
};

// Received items that have not been taken yet, in order. Never drops an item, since the client has
// acknowledged each one to the service. A full inbox adds to the pressure until half of its items
// are taken. Any thread. (Python: SyncClientInbox.)
template <class T>
class Inbox {
 public:
  explicit Inbox(std::size_t capacity, InboxPressure* pressure = nullptr)
      : capacity_(std::max<std::size_t>(capacity, 1)), pressure_(pressure) {}

  // Adds an item, even beyond the capacity. Returns true for the one that fills the inbox.
  bool put(T item) {
    {
      const std::scoped_lock lock(mutex_);
      items_.push_back(std::move(item));
      if (items_.size() < capacity_ || std::exchange(full_, true)) return false;
    }
    if (pressure_) pressure_->add(1);
    return true;
  }

  // Takes the oldest item; nothing if there is none.
  std::optional<T> take() {
    std::optional<T> item;
    bool has_room_again = false;
    {
      const std::scoped_lock lock(mutex_);
      if (items_.empty()) return std::nullopt;
      item.emplace(std::move(items_.front()));
      items_.pop_front();
      has_room_again = items_.size() <= capacity_ / 2 && std::exchange(full_, false);
    }
    if (has_room_again && pressure_) pressure_->add(-1);
    return item;
  }

  void clear() {
    std::deque<T> dropped;  // Destroyed after unlocking.
    bool has_room_again = false;
    {
      const std::scoped_lock lock(mutex_);
      dropped.swap(items_);
      has_room_again = std::exchange(full_, false);
    }
    if (has_room_again && pressure_) pressure_->add(-1);
  }

  bool empty() const { return size() == 0; }
  std::size_t size() const {
    const std::scoped_lock lock(mutex_);
    return items_.size();
  }
  std::size_t capacity() const { return capacity_; }

 private:
  const std::size_t capacity_;
  InboxPressure* const pressure_;
  mutable std::mutex mutex_;
  std::deque<T> items_;
  bool full_ = false;
};

}  // namespace azure::iot::device
