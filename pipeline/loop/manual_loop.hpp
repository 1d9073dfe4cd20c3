#pragma once

#include <cstddef>
#include <deque>

#include "event_loop.hpp"

namespace azure::iot::device {

// A loop without a thread whose clocks are moved by hand. Posted work runs when it is told to, on
// the caller's thread; nothing here waits. Descriptors cannot be watched.
class ManualLoop final : public EventLoop {
 public:
  explicit ManualLoop(WallTime start = WallTime{std::chrono::seconds{1'000'000}});
  ~ManualLoop() override;

  SteadyTime now() const override { return now_; }
  SteadyTime steady_now() const override { return now_; }
  WallTime wall_now() const override { return wall_; }
  bool in_loop_thread() const override { return true; }
  void post_work(PostedWork* work) override;
  void at_end_of_turn(PostedWork* work) override;
  void watch(int fd, unsigned readiness, FdHandler handler) override;
  void change_watch(int fd, unsigned readiness) override;
  void unwatch(int fd) override;

  // Runs what was posted, and what that posts in turn, until nothing is left.
  void run_posted();

  // Lets both clocks pass. Fires what becomes due on the way, in order of due time, each with the
  // clocks at its due time, and runs what each posts before the next one. A timer that is started
  // on the way and is due at that very moment waits for the next call.
  void advance(Duration by);

  // Moves the wall clock alone, as an operator or a time server does.
  void jump_wall_clock(Duration by);

  std::size_t pending_timers() const { return timers().size(); }
  // The time of the next timer; kNever if there is none.
  SteadyTime next_due() const { return timers().next_due(); }

 private:
  void move_clocks(SteadyTime to);

  SteadyTime now_{};
  WallTime wall_;
  bool advancing_ = false;
  std::deque<PostedWork*> posted_;
  std::deque<PostedWork*> at_end_;
};

}  // namespace azure::iot::device
