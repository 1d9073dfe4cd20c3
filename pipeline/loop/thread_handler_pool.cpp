#include "pipeline/loop/thread_handler_pool.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "pipeline/log.hpp"
#include "pipeline/loop/thread.hpp"

namespace azure::iot::device {

struct ThreadHandlerPool::Worker {
  std::thread thread;
  std::condition_variable wake;
  std::shared_ptr<Strand> strand;  // What it is to run next.
};

struct ThreadHandlerPool::State {
  HandlerPoolOptions options;
  std::mutex mutex;
  bool stopping = false;
  std::vector<std::shared_ptr<Worker>> workers;
  // Those without work. The last to come is the first to go, so that the others grow old.
  std::vector<Worker*> idle;
  std::deque<std::shared_ptr<Strand>> ready;  // For whom all threads are too busy.
  std::thread retired;                        // Whoever left last; joined by who leaves next.
};

std::shared_ptr<HandlerPool> ThreadHandlerPool::create(const HandlerPoolOptions& options) {
  return {new ThreadHandlerPool(options), [](ThreadHandlerPool* pool) {
            // Its threads are the parent's, and its mutex may have been locked by one of them.
            if (!pool->fork_guard_.in_child()) delete pool;
          }};
}

ThreadHandlerPool::ThreadHandlerPool(const HandlerPoolOptions& options)
    : state_(std::make_shared<State>()) {
  state_->options = options;
  // A wait that ends beyond the end of the clock would end at once.
  const std::chrono::milliseconds longest = std::chrono::hours(24 * 365);
  state_->options.idle_time = std::min(options.idle_time, longest);
}

ThreadHandlerPool::~ThreadHandlerPool() {
  std::vector<std::thread> leaving;
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    for (const auto& worker : state_->workers) {
      const bool idle =
          std::find(state_->idle.begin(), state_->idle.end(), worker.get()) != state_->idle.end();
      if (idle) {
        leaving.push_back(std::move(worker->thread));
        worker->wake.notify_one();
      } else {
        // Inside a handler, perhaps the very one that lets go of this pool.
        worker->thread.detach();
      }
    }
    if (state_->retired.joinable()) leaving.push_back(std::move(state_->retired));
  }
  for (std::thread& thread : leaving) thread.join();
}

void ThreadHandlerPool::schedule(std::shared_ptr<Strand> strand) {
  if (fork_guard_.in_child()) return;

  const std::lock_guard lock(state_->mutex);
  if (!state_->idle.empty()) {
    Worker* const worker = state_->idle.back();
    state_->idle.pop_back();
    worker->strand = std::move(strand);
    worker->wake.notify_one();
    return;
  }
  state_->ready.push_back(std::move(strand));
  if (state_->workers.size() == state_->options.max_threads) return;
  auto worker = std::make_shared<Worker>();
  try {
    // It takes the mutex before anything else, and so finds all this done.
    worker->thread =
        start_thread("azure-iot-hdlr", [state = state_, worker] { work(state, worker); });
  } catch (const std::system_error& error) {
    log(LogLevel::error, "HandlerPool",
        "A handler has to wait, as no thread can be started: ", std::string_view(error.what()));
    return;
  }
  state_->workers.push_back(std::move(worker));
}

void ThreadHandlerPool::work(std::shared_ptr<State> state, std::shared_ptr<Worker> self) {
  std::unique_lock lock(state->mutex);
  for (;;) {
    if (!self->strand && !state->ready.empty()) {
      self->strand = std::move(state->ready.front());
      state->ready.pop_front();
    }
    if (std::shared_ptr<Strand> strand = std::move(self->strand)) {
      lock.unlock();
      const bool more = strand->run_one();
      if (!more) strand.reset();  // Perhaps the last owner of the pool.
      lock.lock();
      if (more) state->ready.push_back(std::move(strand));
      if (state->stopping) return;
      continue;
    }

    state->idle.push_back(self.get());
    self->wake.wait_for(lock, state->options.idle_time,
                        [&] { return self->strand || state->stopping; });
    if (state->stopping) return;
    if (self->strand) continue;

    std::erase(state->idle, self.get());
    std::erase(state->workers, self);
    std::thread before = std::exchange(state->retired, std::move(self->thread));
    lock.unlock();
    if (before.joinable()) before.join();
    return;
  }
}

}  // namespace azure::iot::device
