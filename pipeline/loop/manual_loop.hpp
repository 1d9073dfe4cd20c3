#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

#include "event_loop.hpp"

namespace azure::iot::device {

// A loop without a thread whose clocks are moved by hand. Posted work runs when it is told to, on
// the caller's thread; nothing here waits. Descriptors cannot be watched. A blocking call of a
// client on it is one that moves the clocks itself, until it has ended.
class ManualLoop final : public EventLoop {
 public:
  explicit ManualLoop(WallTime start = WallTime{std::chrono::seconds{1'000'000}});
  ~ManualLoop() override;

  SteadyTime now() const override { return now_; }
  SteadyTime steady_now() const override { return now_; }
  WallTime wall_now() const override { return wall_; }
  bool in_loop_thread() const override { return true; }
  bool may_wait() const override { return !busy_; }
  // Runs what is posted, then the next timer at its due time, and so on. Gives up when there is
  // neither, and after kMostTimers, which are those of days. May be called from inside `outside`.
  bool run_until(const std::function<bool()>& done) override;
  void post_work(PostedWork* work) override;
  void before_waiting(PostedWork* work) override;
  void watch(int fd, unsigned readiness, FdHandler handler) override;
  void change_watch(int fd, unsigned readiness) override;
  void unwatch(int fd) override;

  static constexpr std::size_t kMostTimers = 100'000;

  // Runs `f`, inside something that runs on this loop, as if it ran on a thread of its own: it may
  // wait. What the handlers of users are.
  template <class F>
  void outside(F f) {
    const Busy busy(*this, false);
    f();
  }

  // Runs what was posted, and what that posts in turn, until nothing is left.
  void run_posted();

  // Lets both clocks pass. Fires everything that becomes due on the way, in order of due time, each
  // with the clocks at its due time, and runs what each posts before the next one. A timer that is
  // started on the way is no exception, even if it is due at that very moment: it fires behind the
  // others that are. So that one which restarts itself without delay does not stop the clocks, no
  // more than kMostTimers turns of such timers are taken in one call; after that, each waits for
  // the clocks to move, or for the next call.
  void advance(Duration by);

  // Moves the wall clock alone, as an operator or a time server does.
  void jump_wall_clock(Duration by);

  std::size_t pending_timers() const { return timers().size(); }
  // The time of the next timer; kNever if there is none.
  SteadyTime next_due() const { return timers().next_due(); }

 private:
  // Whether a piece of work runs now, until the end of the scope.
  class Busy {
   public:
    Busy(ManualLoop& loop, bool busy) : loop_(loop), before_(std::exchange(loop.busy_, busy)) {}
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;
    ~Busy() { loop_.busy_ = before_; }

   private:
    ManualLoop& loop_;
    const bool before_;
  };

  bool fire_one(std::uint64_t last_turn);
  void take_turn_at_this_moment();
  void move_clocks(SteadyTime to);

  SteadyTime now_{};
  WallTime wall_;
  bool advancing_ = false;
  bool busy_ = false;
  std::deque<PostedWork*> posted_;
  std::deque<PostedWork*> before_waiting_;
};

}  // namespace azure::iot::device
