#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

#include "event_loop.hpp"

namespace azure::iot::device {

// A loop without a thread whose clocks are advanced by hand. Posted work runs on request, on the
// caller's thread; no call here waits. Descriptors cannot be watched. A blocking call of a client
// on this loop advances the clocks itself until it completes.
class ManualLoop final : public EventLoop {
 public:
  explicit ManualLoop(WallTime start = WallTime{std::chrono::seconds{1'000'000}});
  ~ManualLoop() override;

  SteadyTime now() const override { return now_; }
  SteadyTime steady_now() const override { return now_; }
  WallTime wall_now() const override { return wall_; }
  bool in_loop_thread() const override { return true; }
  bool may_wait() const override { return !busy_; }
  // Alternately runs posted work and advances the clocks to the next timer, until `done`. Returns
  // false when there is neither, and after kMostTimers timers, which is days of time. May be called
  // inside `outside`.
  bool run_until(const std::function<bool()>& done) override;
  void post_work(PostedWork* work) override;
  void before_waiting(PostedWork* work) override;
  void watch(int fd, unsigned readiness, FdHandler handler) override;
  void change_watch(int fd, unsigned readiness) override;
  void unwatch(int fd) override;

  static constexpr std::size_t kMostTimers = 100'000;

  // Runs `f`, from within work on this loop, as if on a thread of its own: `f` may wait. Handlers
  // of the application are run this way.
  template <class F>
  void outside(F f) {
    const Busy busy(*this, false);
    f();
  }

  // Runs posted work, including work that it posts in turn, until none is left.
  void run_posted();

  // Advances both clocks. Fires the timers that become due on the way, in order of due time and
  // with the clocks at that time. The work that a timer posts runs before the next timer fires. A
  // timer started on the way fires too; if it is due at the current moment, it fires after the
  // others due then. To keep a timer that restarts itself without delay from stopping the clocks,
  // one call takes at most kMostTimers turns of such timers. After that, each waits until the
  // clocks move, or for the next call.
  void advance(Duration by);

  // Sets the wall clock only, as an operator or a time server does.
  void jump_wall_clock(Duration by);

  std::size_t pending_timers() const { return timers().size(); }
  // The time of the next timer; kNever if there is none.
  SteadyTime next_due() const { return timers().next_due(); }

 private:
  // Sets whether the loop is running work, until the end of the scope.
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
