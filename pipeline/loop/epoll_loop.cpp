#include "pipeline/loop/epoll_loop.hpp"

#include <cassert>
#include <cerrno>
#include <limits>
#include <string>
#include <system_error>
#include <utility>

#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "pipeline/loop/escape.hpp"
#include "pipeline/loop/shared_instance.hpp"
#include "pipeline/loop/thread.hpp"

namespace azure::iot::device {
namespace {

// What epoll reports of the loop's own descriptors; those of users have larger keys.
enum OwnKey : std::uint64_t { kWakeKey, kTimerKey, kWallClockKey };

// The loop that runs on this thread.
thread_local const EpollLoop* current_loop = nullptr;

UniqueFd open_or_throw(int fd, const char* what) {
  if (fd < 0) {
    throw std::system_error(errno, std::generic_category(),
                            std::string("An event loop cannot be made without ") + what);
  }
  return UniqueFd(fd);
}

// Edge-triggered: then none of these needs to be read before it can tell something new.
void add_own(int epoll, int fd, OwnKey key) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = key;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "An event loop cannot be set up");
  }
}

}  // namespace

std::shared_ptr<EventLoop> EventLoop::create() { return EpollLoop::start(); }

std::shared_ptr<EventLoop> EventLoop::shared() {
  return shared_instance<EventLoop>([] { return create(); });
}

EpollLoop::EpollLoop(std::shared_ptr<const LoopClock> clock)
    : clock_(std::move(clock)),
      epoll_(open_or_throw(::epoll_create1(EPOLL_CLOEXEC), "an epoll instance")),
      wake_(open_or_throw(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "an eventfd")),
      timer_(
          open_or_throw(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK), "a timerfd")),
      wall_clock_(
          open_or_throw(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK), "a timerfd")),
      watches_(epoll_.get()),
      now_(clock_->steady_now()) {
  add_own(epoll_.get(), wake_.get(), kWakeKey);
  add_own(epoll_.get(), timer_.get(), kTimerKey);
  add_own(epoll_.get(), wall_clock_.get(), kWallClockKey);
}

std::shared_ptr<EpollLoop> EpollLoop::start(std::shared_ptr<const LoopClock> clock) {
  struct Delete {
    void operator()(EpollLoop* loop) const { delete loop; }
  };
  std::unique_ptr<EpollLoop, Delete> loop(new EpollLoop(std::move(clock)));
  loop->thread_ = start_thread("azure-iot-loop", [raw = loop.get()] { raw->run(); });
  return {loop.release(), &EpollLoop::end};
}

// The last owner is gone.
void EpollLoop::end(EpollLoop* loop) {
  // The thread is the parent's, and what the descriptors stand for is shared with it.
  if (loop->fork_guard_.in_child()) return;

  loop->stopping_.store(true, std::memory_order_seq_cst);
  if (loop->in_loop_thread()) {
    loop->owns_itself_ = true;
    loop->thread_.detach();
    return;
  }
  loop->wake(loop->wake_.get());
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
  // Read before the work is visible, which may be the last that keeps the loop.
  const int fd = wake_.get();
  posted_.push(work);
  wake(fd);
}

// Whoever finds the loop asleep, and is the first to, writes. The loop says that it sleeps before
// it looks for work for the last time, and a producer adds its work before it looks whether the
// loop sleeps; all in one order (seq_cst), so at least one of them sees the other.
void EpollLoop::wake(int fd) {
  if (!sleeping_.load(std::memory_order_seq_cst)) return;
  if (!sleeping_.exchange(false, std::memory_order_seq_cst)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(fd, &one, sizeof one);
}

void EpollLoop::before_waiting(PostedWork* work) {
  assert(in_loop_thread());
  if (before_waiting_.empty()) left_at_ = now_;
  before_waiting_.push(work);
}

void EpollLoop::watch(int fd, unsigned readiness, FdHandler handler) {
  assert(in_loop_thread());
  watches_.watch(fd, readiness, std::move(handler));
}

void EpollLoop::change_watch(int fd, unsigned readiness) {
  assert(in_loop_thread());
  watches_.change(fd, readiness);
}

void EpollLoop::unwatch(int fd) {
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
    contain("a descriptor's handler", [&] { handle(events_[i]); });
  }
  run_all(posted_);
  fire_timers();
  if (found_nothing || !may_be_left_longer()) run_all(before_waiting_);
  watches_.drop_retired();
}

// Long enough for a few packets of a server that answers them one by one, and shorter than anybody
// would notice.
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
  const int ready = ::epoll_wait(epoll_.get(), events_, std::size(events_), sleep ? -1 : 0);
  sleeping_.store(false, std::memory_order_seq_cst);
  assert(ready >= 0 || errno == EINTR);
  return ready;
}

bool EpollLoop::nothing_to_do() const {
  return posted_.empty() && before_waiting_.empty() && timers().next_due() > now_ &&
         !stopping_.load(std::memory_order_seq_cst);
}

void EpollLoop::arm_timer() {
  const SteadyTime due = timers().next_due();
  if (due == armed_for_) return;
  armed_for_ = due;
  itimerspec spec{};  // All zero disarms.
  if (due != kNever) {
    const Duration since_boot = clock_->on_system_clock(due).time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since_boot);
    spec.it_value.tv_sec = static_cast<time_t>(seconds.count());
    spec.it_value.tv_nsec = static_cast<long>((since_boot - seconds).count());
  }
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
}

// The system ends a wait on this timer, which is for a time far away, when the wall clock is set
// and when the machine wakes up.
void EpollLoop::watch_wall_clock() {
  if (watching_wall_clock_ == has_alarms()) return;
  watching_wall_clock_ = has_alarms();
  itimerspec spec{};
  if (watching_wall_clock_) spec.it_value.tv_sec = std::numeric_limits<time_t>::max();
  ::timerfd_settime(wall_clock_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, nullptr);
  // It may have been set since the first alarm was started.
  if (watching_wall_clock_) wall_clock_jumped();
}

void EpollLoop::handle(const epoll_event& event) {
  if (FdWatches::owns(event.data.u64)) return watches_.dispatch(event.data.u64, event.events);
  switch (event.data.u64) {
    case kTimerKey: armed_for_ = kNever; break;
    case kWallClockKey: {
      std::uint64_t expirations = 0;
      const auto got = ::read(wall_clock_.get(), &expirations, sizeof expirations);
      if (got < 0 && errno == ECANCELED) wall_clock_jumped();
      break;
    }
    default: break;  // Woken, which is all there is to it.
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

// What goes here may post or watch something else as it goes.
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
