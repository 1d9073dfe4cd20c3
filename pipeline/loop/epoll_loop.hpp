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

// The loop with a thread. A turn is: descriptors that are ready, what was posted, timers that are
// due; once a turn found nothing new, what was left for then. Then it sleeps until one of them has
// something new, and not a moment less.
class EpollLoop final : public EventLoop {
 public:
  static std::shared_ptr<EpollLoop> start(
      std::shared_ptr<const LoopClock> clock = LoopClock::system());
  // Whoever sets the wall clock of a LoopClock of his own says so: alarms go by it. Any thread.
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

  // Other threads touch these three.
  WorkQueue posted_;
  std::atomic<bool> sleeping_ = false;
  std::atomic<bool> stopping_ = false;

  WorkQueue before_waiting_;
  SteadyTime left_at_{};  // When the first of that was left.
  FdWatches watches_;
  SteadyTime now_{};
  SteadyTime armed_for_ = kNever;
  bool watching_wall_clock_ = false;
  bool descriptors_lost_ = false;  // And that was logged.
  bool owns_itself_ = false;
  std::thread thread_;
  epoll_event events_[256];
};

}  // namespace azure::iot::device
