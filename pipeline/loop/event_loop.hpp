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

// One thread on which many pipelines run: their stages, their timers and their sockets. Nothing on
// it may block. `create` makes the real one; ManualLoop, of the test kit, is moved by hand.
//
//   auto loop = EventLoop::create();               // or EventLoop::shared()
//   loop->post([] { /* on the loop's thread */ });
class EventLoop {
 public:
  // What a descriptor is watched for, and what is told of it.
  enum Readiness : unsigned {
    kReadable = 1,
    kWritable = 2,
    kHangUp = 4,
    kError = 8,
    kPeerClosed = 16,  // The other end sends nothing more; what it sent before may be unread.
  };
  // Called on the loop's thread with the Readiness bits that hold. HangUp and Error are always
  // told. A handler that throws is reported, and not called again.
  using FdHandler = std::function<void(unsigned readiness)>;

  // Starts a loop with a thread of its own, named "azure-iot-loop". Like every thread of the
  // library it blocks all signals but those that report a fault of the running code, SIGSEGV for
  // one. The thread ends with the last owner of the loop. Throws std::system_error if the system
  // has no descriptors or threads left.
  static std::shared_ptr<EventLoop> create();
  // The one loop that clients use unless told otherwise; lives as long as somebody holds it.
  static std::shared_ptr<EventLoop> shared();

  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  virtual ~EventLoop();

  // The current turn's time: it stands still while a piece of work runs. Loop's thread only.
  virtual SteadyTime now() const = 0;
  // The same clock as it stands at this moment. Any thread.
  virtual SteadyTime steady_now() const = 0;
  // The time of day. Any thread.
  virtual WallTime wall_now() const = 0;
  // Whether the caller runs on this loop's thread.
  virtual bool in_loop_thread() const = 0;
  // Whether the caller may wait for what is done on this loop: not from inside it, where it would
  // wait for itself.
  virtual bool may_wait() const { return !in_loop_thread(); }
  // For who may wait on a loop without a thread: runs it, and lets its time pass, until `done`.
  // False if that can never be; other loops run by themselves and say so at once.
  virtual bool run_until(const std::function<bool()>&) { return false; }

  // Runs work on the loop's thread, first posted first run. Any thread; never blocks.
  virtual void post_work(PostedWork* work) = 0;
  template <class F>
  void post(F f) {
    post_work(new PostedCall<F>(std::move(f)));
  }

  // Runs work once nothing else is to be done, before the loop waits; a loop that finds something
  // to do all the time runs it soon nevertheless. For what is done once for many messages. Loop's
  // thread only.
  virtual void before_waiting(PostedWork* work) = 0;

  // Watches a descriptor, level-triggered; watching it again changes what it is watched for. The
  // handler stays as it is if none is given. `unwatch` may be called inside the handler; after it
  // the handler is not called again. Unwatch before closing the descriptor. Loop's thread only.
  virtual void watch(int fd, unsigned readiness, FdHandler handler) = 0;
  virtual void change_watch(int fd, unsigned readiness) = 0;
  virtual void unwatch(int fd) = 0;

  // A ticket for `Timer::start_at`. Loop's thread only.
  std::uint64_t take_turn() { return timers_.take_turn(); }

 protected:
  EventLoop() = default;

  // Whoever implements a loop fires what is due, and tells when the wall clock jumped.
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
