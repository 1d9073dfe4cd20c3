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
    if (first) taken_.append(first, last);
  }
  // The oldest of what was taken; null if there is none left.
  PostedWork* pop() { return taken_.pop(); }

 private:
  std::atomic<PostedWork*> newest_ = nullptr;
  WorkList taken_;
};

}  // namespace azure::iot::device
