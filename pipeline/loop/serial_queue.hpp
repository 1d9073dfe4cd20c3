#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include "handler_pool.hpp"
#include "task.hpp"

namespace azure::iot::device {

// A queue whose tasks run on a pool, in order and one at a time. There is one queue for each kind
// of event of each client. Any thread may call it, also from one of its tasks, which may even
// destroy it. The code that adds tasks has to limit its length.
class SerialQueue {
 public:
  // `on_exception` receives an exception from a task, on the pool's thread; without it the
  // exception is logged. It may be called once more after the queue is closed or destroyed, for the
  // task that was running. While the pool can start no thread, the tasks run on `loop`, if there is
  // one, and `on_exception` receives the reason.
  explicit SerialQueue(std::shared_ptr<HandlerPool> pool,
                       std::function<void(std::exception_ptr)> on_exception = nullptr,
                       std::weak_ptr<EventLoop> loop = {});
  SerialQueue(const SerialQueue&) = delete;
  SerialQueue& operator=(const SerialQueue&) = delete;
  ~SerialQueue();

  // Adds a task: any movable callable. A closed queue drops it.
  template <class F>
  void run(F task) {
    push(new PostedCall<F>(std::move(task)));
  }

  // Drops the tasks that have not started. Does not wait for a running one.
  void close();

  // The number of tasks that have not started.
  std::size_t pending() const;

 private:
  class State;
  void push(PostedWork* task);

  std::shared_ptr<State> state_;
};

}  // namespace azure::iot::device
