#include "pipeline/loop/serial_queue.hpp"

#include <deque>
#include <mutex>

#include "pipeline/loop/escape.hpp"

namespace azure::iot::device {

class SerialQueue::State final : public HandlerPool::Strand,
                                 public std::enable_shared_from_this<State> {
 public:
  State(std::shared_ptr<HandlerPool> pool, std::function<void(std::exception_ptr)> on_exception)
      : pool_(std::move(pool)), on_exception_(std::move(on_exception)) {}

  void push(PostedWork* task) {
    {
      const std::lock_guard lock(mutex_);
      if (!closed_) {
        tasks_.push_back(std::exchange(task, nullptr));
        if (std::exchange(scheduled_, true)) return;
      }
    }
    if (task) return task->discard();
    pool_->schedule(shared_from_this());
  }

  bool run_one() override {
    PostedWork* task = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (!tasks_.empty()) {
        task = tasks_.front();
        tasks_.pop_front();
      }
    }
    if (task) run(task);
    const std::lock_guard lock(mutex_);
    scheduled_ = !tasks_.empty();
    return scheduled_;
  }

  void close() {
    std::deque<PostedWork*> dropped;
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      dropped.swap(tasks_);
    }
    for (PostedWork* task : dropped) task->discard();
  }

  std::size_t pending() const {
    const std::lock_guard lock(mutex_);
    return tasks_.size();
  }

 private:
  void run(PostedWork* task) {
    contain("an exception handler", [&] {
      try {
        task->run();
      } catch (...) {
        if (!on_exception_) return report_escape("a handler", std::current_exception());
        on_exception_(std::current_exception());
      }
    });
  }

  const std::shared_ptr<HandlerPool> pool_;
  const std::function<void(std::exception_ptr)> on_exception_;
  mutable std::mutex mutex_;
  std::deque<PostedWork*> tasks_;
  bool scheduled_ = false;  // The pool has it, and will call `run_one`.
  bool closed_ = false;
};

SerialQueue::SerialQueue(std::shared_ptr<HandlerPool> pool,
                         std::function<void(std::exception_ptr)> on_exception)
    : state_(std::make_shared<State>(std::move(pool), std::move(on_exception))) {}

SerialQueue::~SerialQueue() { close(); }

void SerialQueue::push(PostedWork* task) { state_->push(task); }
void SerialQueue::close() { state_->close(); }
std::size_t SerialQueue::pending() const { return state_->pending(); }

}  // namespace azure::iot::device
