#include "pipeline/loop/serial_queue.hpp"

#include <mutex>
#include <stdexcept>

#include "pipeline/loop/escape.hpp"

namespace azure::iot::device {

class SerialQueue::State final : public HandlerPool::Strand,
                                 public std::enable_shared_from_this<State> {
 public:
  State(std::shared_ptr<HandlerPool> pool, std::function<void(std::exception_ptr)> on_exception,
        std::weak_ptr<EventLoop> loop)
      : pool_(std::move(pool)), on_exception_(std::move(on_exception)), loop_(std::move(loop)) {}

  void push(PostedWork* task) {
    {
      const std::lock_guard lock(mutex_);
      if (!closed_) {
        tasks_.push(std::exchange(task, nullptr));
        ++pending_;
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
      task = tasks_.pop();
      if (task) --pending_;
    }
    if (task) run(task);
    const std::lock_guard lock(mutex_);
    scheduled_ = !tasks_.empty();
    return scheduled_;
  }

  std::shared_ptr<EventLoop> loop() const override { return loop_.lock(); }
  void on_no_thread(const std::string& why) override {
    if (!on_exception_) return;
    contain("an exception handler",
            [&] { on_exception_(std::make_exception_ptr(std::runtime_error(why))); });
  }

  void close() {
    WorkList dropped;
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      std::swap(dropped, tasks_);
      pending_ = 0;
    }
    while (PostedWork* const task = dropped.pop()) task->discard();
  }

  std::size_t pending() const {
    const std::lock_guard lock(mutex_);
    return pending_;
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
  const std::weak_ptr<EventLoop> loop_;
  mutable std::mutex mutex_;
  WorkList tasks_;
  std::size_t pending_ = 0;
  bool scheduled_ = false;  // The pool holds this strand, and will call `run_one`.
  bool closed_ = false;
};

SerialQueue::SerialQueue(std::shared_ptr<HandlerPool> pool,
                         std::function<void(std::exception_ptr)> on_exception,
                         std::weak_ptr<EventLoop> loop)
    : state_(std::make_shared<State>(std::move(pool), std::move(on_exception), std::move(loop))) {}

SerialQueue::~SerialQueue() { close(); }

void SerialQueue::push(PostedWork* task) { state_->push(task); }
void SerialQueue::close() { state_->close(); }
std::size_t SerialQueue::pending() const { return state_->pending(); }

}  // namespace azure::iot::device
