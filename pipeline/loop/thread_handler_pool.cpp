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
#include "pipeline/loop/escape.hpp"
#include "pipeline/loop/event_loop.hpp"
#include "pipeline/loop/thread.hpp"
#include "pipeline/text/quoted.hpp"

namespace azure::iot::device {

struct ThreadHandlerPool::Worker {
  std::thread thread;
  std::condition_variable wake;
  std::shared_ptr<Strand> strand;  // The strand to run next.
};

struct ThreadHandlerPool::State : std::enable_shared_from_this<State> {
  // With the lock held. Throws if no thread can be started.
  void start_worker();
  bool has_room() const { return workers.size() < options.max_threads; }
  bool try_to_start_worker();
  // Returns whether no thread has taken the strand.
  bool waits(const std::shared_ptr<Strand>& strand) const {
    return std::find(ready.begin(), ready.end(), strand) != ready.end();
  }
  // Removes a strand that no thread has taken. Returns whether it did.
  bool withdraw(const std::shared_ptr<Strand>& strand) { return std::erase(ready, strand) > 0; }

  HandlerPoolOptions options;
  std::mutex mutex;
  bool stopping = false;
  std::vector<std::shared_ptr<Worker>> workers;
  // Idle threads. The last one in is the first one out, so that the others reach their idle time.
  std::vector<Worker*> idle;
  std::deque<std::shared_ptr<Strand>> ready;  // Strands that wait for a thread.
  std::thread retired;  // The last thread that ended; the next one to end joins it.
};

std::shared_ptr<HandlerPool> ThreadHandlerPool::create(const HandlerPoolOptions& options) {
  return {new ThreadHandlerPool(options), [](ThreadHandlerPool* pool) {
            // The threads belong to the parent process, and one of them may hold the mutex.
            if (!pool->fork_guard_.in_child()) delete pool;
          }};
}

ThreadHandlerPool::ThreadHandlerPool(const HandlerPoolOptions& options)
    : state_(std::make_shared<State>()) {
  state_->options = options;
  // A wait beyond the end of the clock would return at once.
  const std::chrono::milliseconds longest = std::chrono::hours(24 * 365);
  state_->options.idle_time = std::min(options.idle_time, longest);
}

// Allocates nothing: the threads are joined in the vector that stores them.
ThreadHandlerPool::~ThreadHandlerPool() {
  std::vector<std::shared_ptr<Worker>> leaving;
  std::thread retired;
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    leaving.swap(state_->workers);
    retired.swap(state_->retired);
    for (const auto& worker : leaving) {
      const bool idle =
          std::find(state_->idle.begin(), state_->idle.end(), worker.get()) != state_->idle.end();
      if (idle) {
        worker->wake.notify_one();
      } else {
        // The thread is inside a handler, perhaps the one that releases this pool.
        worker->thread.detach();
      }
    }
  }
  for (const auto& worker : leaving) {
    if (worker->thread.joinable()) worker->thread.join();
  }
  if (retired.joinable()) retired.join();
}

// Retries, on the strand's loop, a strand for which no thread could be started. It is destroyed
// when the strand has been taken, or with the loop.
class ThreadHandlerPool::Retry : public std::enable_shared_from_this<Retry> {
 public:
  Retry(std::shared_ptr<State> state, std::shared_ptr<Strand> strand, EventLoop& loop)
      : state_(std::move(state)), strand_(std::move(strand)), loop_(loop) {}
  // The loop may have ended. The strand is then withdrawn, since a waiting strand would keep the
  // pool alive.
  ~Retry() {
    if (!waiting_) return;
    const std::lock_guard lock(state_->mutex);
    state_->withdraw(strand_);
  }

  void wait() {
    constexpr std::chrono::seconds kInterval{1};
    timer_.start(loop_, kInterval, [self = shared_from_this()] { self->try_again(); });
  }

 private:
  void try_again() {
    std::unique_lock lock(state_->mutex);
    waiting_ = !state_->stopping && state_->waits(strand_);
    if (!waiting_) return;
    const bool none = state_->has_room() && !state_->try_to_start_worker() &&
                      state_->workers.empty() && state_->withdraw(strand_);
    lock.unlock();
    if (!none) return wait();  // Another strand may occupy the thread for long.
    waiting_ = false;
    run_here();
  }

  // Runs the strand between other work of the loop, until it has no more tasks.
  void run_here() {
    const bool more = strand_->run_one();
    if (more) loop_.post([self = shared_from_this()] { self->run_here(); });
  }

  const std::shared_ptr<State> state_;
  const std::shared_ptr<Strand> strand_;
  EventLoop& loop_;
  Timer timer_;
  bool waiting_ = true;
};

void ThreadHandlerPool::schedule(std::shared_ptr<Strand> strand) {
  if (fork_guard_.in_child()) return;

  std::unique_lock lock(state_->mutex);
  if (!state_->idle.empty()) {
    Worker* const worker = state_->idle.back();
    state_->idle.pop_back();
    worker->strand = std::move(strand);
    worker->wake.notify_one();
    return;
  }
  state_->ready.push_back(strand);
  if (!state_->has_room()) return;
  try {
    return state_->start_worker();
  } catch (const std::exception& error) {
    lock.unlock();
    const std::string why = words_of(error);
    log(LogLevel::error, "HandlerPool", "A handler has to wait: ", why);
    if (const auto loop = strand->loop()) {
      auto retry = std::make_shared<Retry>(state_, strand, *loop);
      loop->post([retry] { retry->wait(); });
    }
    strand->on_no_thread(why);
  }
}

void ThreadHandlerPool::State::start_worker() {
  auto worker = std::make_shared<Worker>();
  workers.reserve(workers.size() + 1);
  idle.reserve(workers.size() + 1);
  // The new thread first locks the mutex, so it sees the changes made here.
  worker->thread =
      start_thread("azure-iot-hdlr", [state = shared_from_this(), worker] { work(state, worker); });
  workers.push_back(std::move(worker));
}

bool ThreadHandlerPool::State::try_to_start_worker() {
  try {
    start_worker();
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

// Queues the strand behind the others. Without memory for that, it runs again at once.
void ThreadHandlerPool::queue_again(State& state, Worker& self, std::shared_ptr<Strand> strand) {
  try {
    state.ready.push_back(strand);
  } catch (const std::bad_alloc&) {
    self.strand = std::move(strand);
  }
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
      if (!more) strand.reset();  // It may be the last owner of the pool.
      lock.lock();
      if (state->stopping) {
        lock.unlock();  // The strand is destroyed without the lock.
        return;
      }
      if (more) queue_again(*state, *self, std::move(strand));
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
