#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace azure::iot::device {

// What has come in and nobody has taken yet, in order. Never drops: the service was told that each
// item arrived. Any thread. (Python: SyncClientInbox.)
template <class T>
class Inbox {
 public:
  explicit Inbox(std::size_t capacity) : capacity_(std::max<std::size_t>(capacity, 1)) {}

  // Takes in an item, however many there are. True for the one that fills the inbox, once until
  // half of it is taken out again: then the service had better be slowed down.
  bool put(T item) {
    const std::scoped_lock lock(mutex_);
    items_.push_back(std::move(item));
    if (full_ || items_.size() < capacity_) return false;
    full_ = true;
    return true;
  }

  // The oldest item, if there is one.
  std::optional<T> take() {
    const std::scoped_lock lock(mutex_);
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    if (items_.size() <= capacity_ / 2) full_ = false;
    return item;
  }

  void clear() {
    std::deque<T> dropped;  // Destroyed without the lock.
    const std::scoped_lock lock(mutex_);
    dropped.swap(items_);
    full_ = false;
  }

  bool empty() const { return size() == 0; }
  std::size_t size() const {
    const std::scoped_lock lock(mutex_);
    return items_.size();
  }
  std::size_t capacity() const { return capacity_; }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::deque<T> items_;
  bool full_ = false;
};

}  // namespace azure::iot::device
