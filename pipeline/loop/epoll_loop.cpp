#include "pipeline/loop/epoll_loop.hpp"

#include <cassert>
#include <cerrno>
#include <iterator>
#include <utility>

#include "pipeline/log.hpp"
#include "pipeline/loop/escape.hpp"
#include "pipeline/loop/shared_instance.hpp"
#include "pipeline/loop/thread.hpp"

namespace azure::iot::device {
namespace {

// The loop that runs on this thread.
thread_local const EpollLoop* current_loop = nullptr;

}  // namespace

std::shared_ptr<EventLoop> EventLoop::create() { return EpollLoop::start(); }

std::shared_ptr<EventLoop> EventLoop::shared() {
  return shared_instance<EventLoop>([] { return create(); });
}

EpollLoop::EpollLoop(std::shared_ptr<const LoopClock> clock)
    : clock_(std::move(clock)), watches_(descriptors_.epoll()), now_(clock_->steady_now()) {}

std::shared_ptr<EpollLoop> EpollLoop::start(std::shared_ptr<const LoopClock> clock) {
  struct Delete {
    void operator()(EpollLoop* loop) const { delete loop; }
  };
  std::unique_ptr<EpollLoop, Delete> loop(new EpollLoop(std::move(clock)));
  loop->thread_ = start_thread("azure-iot-loop", [raw = loop.get()] { raw->run(); });
  return {loop.release(), &EpollLoop::end};
}

// Called when the last owner releases the loop.
void EpollLoop::end(EpollLoop* loop) {
  // The thread belongs to the parent process, and the descriptors refer to objects shared with it.
  if (loop->fork_guard_.in_child()) return;

  loop->stopping_.store(true, std::memory_order_seq_cst);
  if (loop->in_loop_thread()) {
    loop->owns_itself_ = true;
    loop->thread_.detach();
    return;
  }
  loop->wake(loop->descriptors_.wake_descriptor());
  loop->thread_.join();
  delete loop;
}

SteadyTime EpollLoop::now() const {
  assert(in_loop_thread());
  return now_;
}

SteadyTime EpollLoop::steady_now() const { return clock_->steady_now(); }

WallTime EpollLoop::wall_now() const { return clock_->wall_now(); }

void EpollLoop::wall_clock_was_set() {
  post([this] { wall_clock_jumped(); });
}

bool EpollLoop::in_loop_thread() const { return current_loop == this; }

void EpollLoop::post_work(PostedWork* work) {
  if (fork_guard_.in_child()) return work->discard();
  // Read before the work becomes visible: running it may release the last owner of the loop.
  const int fd = descriptors_.wake_descriptor();
  posted_.push(work);
  wake(fd);
}

// The first producer that finds the loop asleep writes to the descriptor. The loop sets `sleeping_`
// before its last check for work. A producer adds its work before it reads `sleeping_`. All these
// accesses have one total order (seq_cst), so at least one side sees the other.
void EpollLoop::wake(int fd) {
  if (!sleeping_.load(std::memory_order_seq_cst)) return;
  if (!sleeping_.exchange(false, std::memory_order_seq_cst)) return;
  LoopDescriptors::wake(fd);
}

void EpollLoop::before_waiting(PostedWork* work) {
  assert(in_loop_thread());
  if (before_waiting_.empty()) left_at_ = now_;
  before_waiting_.push(work);
}

void EpollLoop::watch(int fd, unsigned readiness, FdHandler handler) {
  if (fork_guard_.in_child()) return;  // The registrations belong to the parent process too.
  assert(in_loop_thread());
  watches_.watch(fd, readiness, std::move(handler));
}

void EpollLoop::change_watch(int fd, unsigned readiness) {
  if (fork_guard_.in_child()) return;
  assert(in_loop_thread());
  watches_.change(fd, readiness);
}

void EpollLoop::unwatch(int fd) {
  if (fork_guard_.in_child()) return;
  assert(in_loop_thread());
  watches_.unwatch(fd);
}

void EpollLoop::run() {
  current_loop = this;
  while (!stopping_.load(std::memory_order_relaxed)) turn();
  discard_all();
  if (owns_itself_) delete this;
  current_loop = nullptr;
}

void EpollLoop::turn() {
  const int ready = wait();
  const bool found_nothing = ready <= 0 && posted_.empty();
  now_ = clock_->steady_now();
  for (int i = 0; i < ready && !stopping_.load(std::memory_order_relaxed); ++i) {
    contain("a descriptor's handler, which is not called again", [&] { handle(events_[i]); });
  }
  run_all(posted_);
  fire_timers();
  if (found_nothing || !may_be_left_longer()) run_all(before_waiting_);
  watches_.drop_retired();
  // A forked child keeps descriptors open that were closed here without being unwatched.
  if (watches_.reports_what_is_gone()) renew_descriptors();
}

// Long enough for a few packets from a server that answers them one by one, and too short to be
// noticed.
bool EpollLoop::may_be_left_longer() const {
  constexpr std::chrono::microseconds kLongest{50};
  return now_ - left_at_ < kLongest;
}

int EpollLoop::wait() {
  bool sleep = nothing_to_do();
  if (sleep) {
    watch_wall_clock();
    arm_timer();
    sleeping_.store(true, std::memory_order_seq_cst);
    sleep = nothing_to_do();
  }
  const int ready = descriptors_.wait(events_, std::size(events_), sleep);
  const bool lost = ready < 0 && errno != EINTR;
  sleeping_.store(false, std::memory_order_seq_cst);
  if (lost) renew_descriptors();
  return ready;
}

void EpollLoop::renew_descriptors() {
  const bool renewed = descriptors_.renew();
  armed_for_ = kNever;
  watching_wall_clock_ = false;
  watches_.move_to(descriptors_.epoll());
  if (renewed) {
    descriptors_lost_ = false;
    return;
  }
  if (!std::exchange(descriptors_lost_, true)) {
    log(LogLevel::error, "EventLoop", "The loop's descriptors were closed by somebody else");
  }
  // Without descriptors, the loop polls for posted work and due timers.
  std::this_thread::sleep_for(std::chrono::milliseconds{20});
}

bool EpollLoop::nothing_to_do() const {
  return posted_.empty() && before_waiting_.empty() && timers().next_due() > now_ &&
         !stopping_.load(std::memory_order_seq_cst);
}

void EpollLoop::arm_timer() {
  const SteadyTime due = timers().next_due();
  if (due == armed_for_) return;
  armed_for_ = due;
  descriptors_.arm_timer(due == kNever ? kNever : clock_->on_system_clock(due));
}

void EpollLoop::watch_wall_clock() {
  if (watching_wall_clock_ == has_alarms()) return;
  watching_wall_clock_ = has_alarms();
  descriptors_.watch_wall_clock(watching_wall_clock_);
  // The wall clock may have been set since the first alarm was started.
  if (watching_wall_clock_) wall_clock_jumped();
}

void EpollLoop::handle(const epoll_event& event) {
  if (FdWatches::owns(event.data.u64)) return watches_.dispatch(event.data.u64, event.events);
  switch (event.data.u64) {
    case LoopDescriptors::kTimerKey: armed_for_ = kNever; break;
    case LoopDescriptors::kWallClockKey:
      if (descriptors_.wall_clock_was_set()) wall_clock_jumped();
      break;
    default: break;  // A wake-up needs no further handling.
  }
}

void EpollLoop::run_all(WorkQueue& queue) {
  queue.take_all();
  while (!stopping_.load(std::memory_order_relaxed)) {
    PostedWork* const work = queue.pop();
    if (!work) return;
    contain("posted work", [work] { work->run(); });
  }
}

void EpollLoop::fire_timers() {
  const std::uint64_t last_turn = take_turn();
  bool fired = true;
  while (fired && !stopping_.load(std::memory_order_relaxed)) {
    contain("a timer's function", [&] { fired = timers().fire_one(now_, last_turn); });
  }
  contain("the timers", [&] { timers().release_held_back(); });
}

// Loops, because destroying work or handlers may post work or watch descriptors.
void EpollLoop::discard_all() {
  do {
    stop_timers();
    watches_.clear();
    for (WorkQueue* queue : {&posted_, &before_waiting_}) {
      queue->take_all();
      while (PostedWork* work = queue->pop()) contain("discarded work", [&] { work->discard(); });
    }
  } while (!posted_.empty() || !before_waiting_.empty());
  watches_.clear();
}

}  // namespace azure::iot::device
