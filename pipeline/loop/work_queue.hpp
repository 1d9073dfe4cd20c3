#pragma once

#include <atomic>
#include <utility>

#include "task.hpp"

namespace azure::iot::device {

// A queue of work from any number of threads to one thread. Pushing is lock-free and allocates
// nothing. Work pushed by one thread keeps its order.
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
  // Returns whether no work was pushed since `take_all`. Any thread.
  bool empty() const { return newest_.load(std::memory_order_seq_cst) == nullptr; }

  // Makes all work pushed so far ready for `pop`. Only the thread that runs the work.
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
  // Returns the oldest work taken; null if none is left.
  PostedWork* pop() { return taken_.pop(); }

 private:
  std::atomic<PostedWork*> newest_ = nullptr;
  WorkList taken_;
};

}  // namespace azure::iot::device
