#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <sys/epoll.h>

#include "time.hpp"
#include "unique_fd.hpp"

namespace azure::iot::device {

// The descriptors that a loop sleeps on: an epoll instance and the descriptors registered there
// that wake it.
class LoopDescriptors {
 public:
  // The keys of the descriptors owned here; the keys of FdWatches are larger.
  enum OwnKey : std::uint64_t { kWakeKey, kTimerKey, kWallClockKey };

  // Throws std::system_error if the system has no more descriptors.
  LoopDescriptors();

  int epoll() const { return epoll_.get(); }
  // As epoll_wait: reports the ready descriptors, and waits for one if `sleep`.
  int wait(epoll_event* events, std::size_t room, bool sleep) const;

  // The descriptor to pass to `wake`. Any thread.
  int wake_descriptor() const { return wake_number_.load(std::memory_order_relaxed); }
  static void wake(int wake_descriptor);

  // Ends a wait at this time of the system's steady clock; kNever disarms the timer.
  void arm_timer(SteadyTime due);
  // Ends a wait when the wall clock is set and when the machine wakes up.
  void watch_wall_clock(bool watch);
  // Returns whether the wall clock ended the wait.
  bool wall_clock_was_set() const;

  // Replaces the epoll instance, and descriptors that other code closed. Returns false if that is
  // impossible for the moment. The caller has to register watched descriptors again.
  bool renew();

 private:
  UniqueFd epoll_;
  UniqueFd wake_;
  std::atomic<int> wake_number_ = -1;  // Other threads read it.
  UniqueFd timer_;
  UniqueFd wall_clock_;
};

}  // namespace azure::iot::device
