#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <sys/epoll.h>

#include "time.hpp"
#include "unique_fd.hpp"

namespace azure::iot::device {

// The descriptors that a loop sleeps on: an epoll instance and, registered there, what wakes it.
class LoopDescriptors {
 public:
  // The keys with which epoll reports its own; those of users are larger.
  enum OwnKey : std::uint64_t { kWakeKey, kTimerKey, kWallClockKey };

  // Throws std::system_error if the system has no more descriptors.
  LoopDescriptors();

  int epoll() const { return epoll_.get(); }
  // As epoll_wait: reports what is ready, and waits for it if `sleep`.
  int wait(epoll_event* events, std::size_t room, bool sleep) const;

  // To be written to by any thread, with `wake`.
  int wake_descriptor() const { return wake_number_.load(std::memory_order_relaxed); }
  static void wake(int wake_descriptor);

  // Ends a wait at this time of the system's clock; kNever: at none.
  void arm_timer(SteadyTime due);
  // Ends a wait when the wall clock is set and when the machine wakes up.
  void watch_wall_clock(bool watch);
  // Whether that is why the wait ended.
  bool wall_clock_was_set() const;

  // Replaces the epoll instance, and what was closed by somebody else. False if that is impossible
  // for the moment. What others watch has to be registered again.
  bool renew();

 private:
  UniqueFd epoll_;
  UniqueFd wake_;
  std::atomic<int> wake_number_ = -1;  // Other threads read it.
  UniqueFd timer_;
  UniqueFd wall_clock_;
};

}  // namespace azure::iot::device
