#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include "handler_pool.hpp"
#include "task.hpp"

namespace azure::iot::device {

// Tasks that run on a pool in the order in which they came, never two at once: one queue for each
// kind of event of each client. Any thread may call it, a task of its own included, which may also
// destroy it. How long it may grow is up to whoever fills it.
class SerialQueue {
 public:
  // `on_exception` is given what a task throws, on the pool's thread; without it that is logged.
  // It may be called once more after the queue is closed or gone, for the task that was running.
  // While the pool can start no thread the tasks run on `loop`, if there is one, and `on_exception`
  // is given the reason.
  explicit SerialQueue(std::shared_ptr<HandlerPool> pool,
                       std::function<void(std::exception_ptr)> on_exception = nullptr,
                       std::weak_ptr<EventLoop> loop = {});
  SerialQueue(const SerialQueue&) = delete;
  SerialQueue& operator=(const SerialQueue&) = delete;
  ~SerialQueue();

  // Adds a task, any callable that can be moved. Once the queue is closed it is dropped.
  template <class F>
  void run(F task) {
    push(new PostedCall<F>(std::move(task)));
  }

  // Drops what has not started. Does not wait for the task that is running.
  void close();

  // How many tasks have not started.
  std::size_t pending() const;

 private:
  class State;
  void push(PostedWork* task);

  std::shared_ptr<State> state_;
};

}  // namespace azure::iot::device
