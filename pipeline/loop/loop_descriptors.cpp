#include "pipeline/loop/loop_descriptors.hpp"

#include <cerrno>
#include <limits>
#include <string>
#include <system_error>
#include <utility>

#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace azure::iot::device {
namespace {

int make_epoll() { return ::epoll_create1(EPOLL_CLOEXEC); }
int make_wake() { return ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
int make_timer() { return ::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK); }
int make_wall_clock() { return ::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK); }

UniqueFd open_or_throw(int fd, const char* what) {
  if (fd < 0) {
    throw std::system_error(errno, std::generic_category(),
                            std::string("An event loop cannot be made without ") + what);
  }
  return UniqueFd(fd);
}

// Edge-triggered, so that none of these has to be read before it can report again.
bool add(int epoll, int fd, LoopDescriptors::OwnKey key) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = key;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

// Registers a descriptor, or a new one if other code closed it.
bool add_or_replace(int epoll, UniqueFd& fd, int (*make)(), LoopDescriptors::OwnKey key) {
  if (add(epoll, fd.get(), key)) return true;
  static_cast<void>(fd.release());  // Its number may have a new owner.
  fd.reset(make());
  return fd && add(epoll, fd.get(), key);
}

}  // namespace

LoopDescriptors::LoopDescriptors()
    : epoll_(open_or_throw(make_epoll(), "an epoll instance")),
      wake_(open_or_throw(make_wake(), "an eventfd")),
      timer_(open_or_throw(make_timer(), "a timerfd")),
      wall_clock_(open_or_throw(make_wall_clock(), "a timerfd")) {
  wake_number_ = wake_.get();
  if (!add(epoll_.get(), wake_.get(), kWakeKey) || !add(epoll_.get(), timer_.get(), kTimerKey) ||
      !add(epoll_.get(), wall_clock_.get(), kWallClockKey)) {
    throw std::system_error(errno, std::generic_category(), "An event loop cannot be set up");
  }
}

int LoopDescriptors::wait(epoll_event* events, std::size_t room, bool sleep) const {
  return ::epoll_wait(epoll_.get(), events, static_cast<int>(room), sleep ? -1 : 0);
}

void LoopDescriptors::wake(int wake_descriptor) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_descriptor, &one, sizeof one);
}

void LoopDescriptors::arm_timer(SteadyTime due) {
  itimerspec spec{};  // All zero disarms.
  if (due != kNever) {
    const Duration since_boot = due.time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since_boot);
    spec.it_value.tv_sec = static_cast<time_t>(seconds.count());
    spec.it_value.tv_nsec = static_cast<long>((since_boot - seconds).count());
  }
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
}

// The timer is set to the far future. The system ends a wait on it when the wall clock is set and
// when the machine wakes up.
void LoopDescriptors::watch_wall_clock(bool watch) {
  itimerspec spec{};
  if (watch) spec.it_value.tv_sec = std::numeric_limits<time_t>::max();
  ::timerfd_settime(wall_clock_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, nullptr);
}

bool LoopDescriptors::wall_clock_was_set() const {
  std::uint64_t expirations = 0;
  const auto got = ::read(wall_clock_.get(), &expirations, sizeof expirations);
  return got < 0 && errno == ECANCELED;
}

bool LoopDescriptors::renew() {
  // The old descriptor may be closed by now, or its number may have a new owner.
  epoll_event none{};
  const bool is_ours = ::epoll_wait(epoll_.get(), &none, 1, 0) >= 0;
  if (!is_ours) static_cast<void>(epoll_.release());
  UniqueFd fresh(make_epoll());
  if (!fresh) return false;
  epoll_ = std::move(fresh);
  const bool complete = add_or_replace(epoll_.get(), wake_, make_wake, kWakeKey);
  wake_number_ = wake_.get();
  return add_or_replace(epoll_.get(), timer_, make_timer, kTimerKey) &&
         add_or_replace(epoll_.get(), wall_clock_, make_wall_clock, kWallClockKey) && complete;
}

}  // namespace azure::iot::device
