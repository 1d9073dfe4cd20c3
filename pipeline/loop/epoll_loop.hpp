#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include <sys/epoll.h>

#include "event_loop.hpp"
#include "fd_watches.hpp"
#include "fork_guard.hpp"
#include "loop_clock.hpp"
#include "loop_descriptors.hpp"
#include "work_queue.hpp"

namespace azure::iot::device {

// The loop with a thread. A turn handles ready descriptors, then posted work, then due timers. It
// runs the `before_waiting` work once a turn finds no ready descriptor and no posted work, or after
// a short delay. With nothing left to do, the loop sleeps until a descriptor, posted work or a
// timer wakes it.
class EpollLoop final : public EventLoop {
 public:
  static std::shared_ptr<EpollLoop> start(
      std::shared_ptr<const LoopClock> clock = LoopClock::system());
  // Notifies the loop that the wall clock of a custom LoopClock was set, so that alarms follow it.
  // Any thread.
  void wall_clock_was_set();

  SteadyTime now() const override;
  SteadyTime steady_now() const override;
  WallTime wall_now() const override;
  bool in_loop_thread() const override;
  void post_work(PostedWork* work) override;
  void before_waiting(PostedWork* work) override;
  void watch(int fd, unsigned readiness, FdHandler handler) override;
  void change_watch(int fd, unsigned readiness) override;
  void unwatch(int fd) override;

 private:
  explicit EpollLoop(std::shared_ptr<const LoopClock> clock);
  ~EpollLoop() override = default;
  static void end(EpollLoop* loop);

  void run();
  void turn();
  int wait();
  void renew_descriptors();
  void handle(const epoll_event& event);
  void run_all(WorkQueue& queue);
  void fire_timers();
  void discard_all();

  bool may_be_left_longer() const;
  bool nothing_to_do() const;
  void arm_timer();
  void watch_wall_clock();
  void wake(int fd);

  const std::shared_ptr<const LoopClock> clock_;
  ForkGuard fork_guard_;
  LoopDescriptors descriptors_;

  // Other threads access these three.
  WorkQueue posted_;
  std::atomic<bool> sleeping_ = false;
  std::atomic<bool> stopping_ = false;

  WorkQueue before_waiting_;
  SteadyTime left_at_{};  // The time at which the first of these was added.
  FdWatches watches_;
  SteadyTime now_{};
  SteadyTime armed_for_ = kNever;
  bool watching_wall_clock_ = false;
  bool descriptors_lost_ = false;  // And the loss was logged.
  bool owns_itself_ = false;
  std::thread thread_;
  epoll_event events_[256];
};

}  // namespace azure::iot::device
