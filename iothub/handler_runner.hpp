#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "../pipeline/error.hpp"
#include "../pipeline/loop/escape.hpp"
#include "../pipeline/loop/event_loop.hpp"
#include "../pipeline/loop/handler_pool.hpp"
#include "../pipeline/text/quoted.hpp"
#include "inbox.hpp"

namespace azure::iot::device {

// Passes the items of an inbox to a handler, one after the other, on a thread of the pool. Create
// it with std::make_shared. Any thread. (Python: a handler runner of the HandlerManager.)
template <class T>
class HandlerRunner final : public HandlerPool::Strand,
                            public std::enable_shared_from_this<HandlerRunner<T>> {
 public:
  using Handler = std::function<void(T)>;
  // Receives the error for an exception from a handler.
  using Report = std::function<void(Error)>;

  // `owner` keeps the inbox alive for every call of `run_one`. While the pool can start no thread,
  // the handler runs on `loop`, if there is one.
  HandlerRunner(std::string_view name, Inbox<T>& inbox, std::shared_ptr<void> owner,
                std::shared_ptr<HandlerPool> pool, std::weak_ptr<EventLoop> loop, Report report)
      : name_(name),
        inbox_(inbox),
        owner_(std::move(owner)),
        pool_(std::move(pool)),
        loop_(std::move(loop)),
        report_(std::move(report)) {}

  // Sets the handler for the next items; an empty one clears it. A call of the previous handler may
  // still be running: see `when_quiet`.
  void set_handler(Handler handler) {
    auto fresh = handler ? std::make_shared<const Handler>(std::move(handler)) : nullptr;
    const std::scoped_lock lock(mutex_);  // Releases `fresh`, the old one, after unlocking.
    handler_.swap(fresh);
    schedule();
  }
  bool has_handler() const {
    const std::scoped_lock lock(mutex_);
    return handler_ != nullptr;
  }

  // Call this after putting an item into the inbox.
  void wake() {
    const std::scoped_lock lock(mutex_);
    schedule();
  }

  // Calls `f` once no handler is running or due: at once, or on the thread on which the last call
  // returns. A call that runs on the thread `except` counts as completed.
  void when_quiet(std::thread::id except, std::function<void()> f) {
    {
      const std::scoped_lock lock(mutex_);
      const bool runs_there = except != std::thread::id() && running_on_ == except;
      if (scheduled_ && !runs_there) {
        when_quiet_.push_back(std::move(f));
        return;
      }
    }
    f();
  }

  bool run_one() override {
    contain(name_, [&] { run_next(); });
    return finish_one();
  }

  std::shared_ptr<EventLoop> loop() const override { return loop_.lock(); }
  // Reports once, until a thread runs the handler again.
  void on_no_thread(const std::string& why) override {
    if (told_of_no_thread_.exchange(true)) return;
    contain(name_, [&] {
      report_(Error(Errc::user_handler,
                    "the handler " + std::string(name_) +
                        " waits for a thread, and may run on the event loop: " + why));
    });
  }

 private:
  // With the lock held.
  void schedule() {
    if (scheduled_ || !handler_ || inbox_.empty()) return;
    scheduled_ = true;
    try {
      pool_->schedule(this->shared_from_this());
    } catch (...) {
      scheduled_ = false;
      throw;
    }
  }

  void run_next() {
    if (told_of_no_thread_ && !runs_on_loop()) told_of_no_thread_ = false;
    std::shared_ptr<const Handler> handler = handler_for_next();
    std::optional<T> item;
    if (handler) item = inbox_.take();
    if (item) call(*handler, std::move(*item));
    handler.reset();  // Destroying its captures may take long; it counts as running meanwhile.
  }

  bool runs_on_loop() const {
    const auto loop = loop_.lock();
    return loop && loop->in_loop_thread();
  }

  std::shared_ptr<const Handler> handler_for_next() {
    const std::scoped_lock lock(mutex_);
    running_on_ = std::this_thread::get_id();
    return handler_;
  }

  void call(const Handler& handler, T item) {
    try {
      handler(std::move(item));
    } catch (...) {
      report_(Error(Errc::user_handler, "the handler " + std::string(name_) + " threw: " +
                                            thrown_text("an exception of unknown type")));
    }
  }

  bool finish_one() {
    std::vector<std::function<void()>> waiting;
    {
      const std::scoped_lock lock(mutex_);
      running_on_ = {};
      scheduled_ = handler_ && !inbox_.empty();
      if (scheduled_) return true;
      waiting.swap(when_quiet_);
    }
    for (auto& f : waiting) contain(name_, f);
    return false;
  }

  const std::string_view name_;
  Inbox<T>& inbox_;
  const std::shared_ptr<void> owner_;
  const std::shared_ptr<HandlerPool> pool_;
  const std::weak_ptr<EventLoop> loop_;
  const Report report_;
  std::atomic<bool> told_of_no_thread_ = false;

  mutable std::mutex mutex_;
  std::shared_ptr<const Handler> handler_;
  bool scheduled_ = false;
  std::thread::id running_on_;
  std::vector<std::function<void()>> when_quiet_;
};

}  // namespace azure::iot::device
