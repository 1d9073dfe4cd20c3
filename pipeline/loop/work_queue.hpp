#pragma once

#include <atomic>
#include <utility>

#include "task.hpp"

namespace azure::iot::device {

// Work from any number of threads for one. Pushing is lock-free and allocates nothing. What one
// thread pushed comes out in the order in which it did.
class WorkQueue {
 public:
  // Any thread.
  void push(PostedWork* work) {
    PostedWork* head = newest_.load(std::memory_order_relaxed);
    do {
      work->next_ = head;
    } while (!newest_.compare_exchange_weak(head, work, std::memory_order_seq_cst,
                                            std::memory_order_relaxed));
  }
  // Whether nothing was pushed since `take_all`. Any thread.
  bool empty() const { return newest_.load(std::memory_order_seq_cst) == nullptr; }

  // The one thread that runs the work: makes all that is there now ready for `pop`.
  void take_all() {
    PostedWork* work = newest_.exchange(nullptr, std::memory_order_acquire);
    PostedWork* first = nullptr;
    PostedWork* const last = work;
    while (work) {
      PostedWork* const older = std::exchange(work->next_, first);
      first = std::exchange(work, older);
    }
    if (!first) return;
    (last_taken_ ? last_taken_->next_ : first_taken_) = first;
    last_taken_ = last;
  }
  // The oldest of what was taken; null if there is none left.
  PostedWork* pop() {
    PostedWork* const work = first_taken_;
    if (!work) return nullptr;
    first_taken_ = std::exchange(work->next_, nullptr);
    if (!first_taken_) last_taken_ = nullptr;
    return work;
  }

 private:
  std::atomic<PostedWork*> newest_ = nullptr;
  PostedWork* first_taken_ = nullptr;
  PostedWork* last_taken_ = nullptr;
};

}  // namespace azure::iot::device
