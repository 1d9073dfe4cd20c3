#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "task.hpp"
#include "time.hpp"
#include "timer.hpp"
#include "timer_queue.hpp"

namespace azure::iot::device {

// One thread that runs many pipelines: their stages, timers and sockets. Nothing on it may block.
// `create` starts a real one; ManualLoop, of the test kit, is advanced by hand.
//
//   auto loop = EventLoop::create();               // or EventLoop::shared()
//   loop->post([] { /* on the loop's thread */ });
class EventLoop {
 public:
  // Conditions that a descriptor is watched for, and that its handler is notified of.
  enum Readiness : unsigned {
    kReadable = 1,
    kWritable = 2,
    kHangUp = 4,
    kError = 8,
    kPeerClosed = 16,  // The peer sends nothing more; earlier data may be unread.
  };
  // Called on the loop's thread with the Readiness bits that hold. HangUp and Error are always
  // reported. An exception from a handler is logged, and the handler is not called again.
  using FdHandler = std::function<void(unsigned readiness)>;

  // Starts a loop with a thread of its own, named "azure-iot-loop". Like every thread of the
  // library, it blocks all signals except those that report a fault of the running code, such as
  // SIGSEGV. The thread ends when the last owner releases the loop. Throws std::system_error if the
  // system has no descriptors or threads left.
  static std::shared_ptr<EventLoop> create();
  // Returns the loop that clients share by default. It lives as long as it has an owner.
  static std::shared_ptr<EventLoop> shared();

  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  virtual ~EventLoop();

  // The time of the current turn: it stands still while a piece of work runs. Loop's thread only.
  virtual SteadyTime now() const = 0;
  // The same clock, read at the moment of the call. Any thread.
  virtual SteadyTime steady_now() const = 0;
  // The time of day. Any thread.
  virtual WallTime wall_now() const = 0;
  // Returns whether the caller runs on this loop's thread.
  virtual bool in_loop_thread() const = 0;
  // Returns whether the caller may wait for work on this loop. From inside the loop it would wait
  // for itself.
  virtual bool may_wait() const { return !in_loop_thread(); }
  // On a loop without a thread, runs the loop and lets its time pass until `done`, on behalf of a
  // caller that waits. Returns false if that cannot happen. A loop with a thread runs by itself and
  // returns false at once.
  virtual bool run_until(const std::function<bool()>&) { return false; }

  // Runs work on the loop's thread, in the order of posting. Any thread; never blocks.
  virtual void post_work(PostedWork* work) = 0;
  template <class F>
  void post(F f) {
    post_work(new PostedCall<F>(std::move(f)));
  }

  // Runs work when nothing else is due, before the loop waits. A loop that is busy all the time
  // still runs it soon. For work done once for many messages. Loop's thread only.
  virtual void before_waiting(PostedWork* work) = 0;

  // Watches a descriptor, level-triggered. Watching it again changes the conditions, and keeps the
  // handler if none is given. `unwatch` may be called inside the handler; after it the handler is
  // not called again. Unwatch before closing the descriptor. Loop's thread only.
  virtual void watch(int fd, unsigned readiness, FdHandler handler) = 0;
  virtual void change_watch(int fd, unsigned readiness) = 0;
  virtual void unwatch(int fd) = 0;

  // Returns a ticket for `Timer::start_at`. Loop's thread only.
  std::uint64_t take_turn() { return timers_.take_turn(); }

 protected:
  EventLoop() = default;

  // An implementation of a loop fires the timers that are due, and calls `wall_clock_jumped` when
  // the wall clock was set.
  TimerQueue& timers() { return timers_; }
  const TimerQueue& timers() const { return timers_; }
  void wall_clock_jumped();
  bool has_alarms() const { return first_alarm_ != nullptr; }
  // Stops all timers and alarms, whose owners may outlive the loop.
  void stop_timers();

 private:
  friend class Timer;
  friend class Alarm;
  void arm(Alarm& alarm);

  TimerQueue timers_;
  Alarm* first_alarm_ = nullptr;
};

}  // namespace azure::iot::device
