#include "pipeline/loop/event_loop.hpp"

#include <limits>
#include <utility>

namespace azure::iot::device {
namespace {

// Converts a time of day to the steady clock, by the current offset between the clocks. The result
// may be in the past.
SteadyTime on_steady_clock(const EventLoop& loop, WallTime due) {
  using Rep = Duration::rep;
  using Limits = std::numeric_limits<Rep>;
  const Rep wall = loop.wall_now().time_since_epoch().count();
  const Rep wanted = due.time_since_epoch().count();
  Rep delay = 0;
  if (__builtin_sub_overflow(wanted, wall, &delay)) {
    delay = wanted > wall ? Limits::max() : Limits::min();
  }
  Rep steady = 0;
  if (__builtin_add_overflow(loop.now().time_since_epoch().count(), delay, &steady)) {
    steady = delay > 0 ? Limits::max() : Limits::min();
  }
  return SteadyTime(Duration(steady));
}

}  // namespace

EventLoop::~EventLoop() { stop_timers(); }

void EventLoop::stop_timers() {
  timers_.stop_all();
  while (first_alarm_) first_alarm_->cancel();
}

void EventLoop::wall_clock_jumped() {
  for (Alarm* alarm = first_alarm_; alarm; alarm = alarm->next_) arm(*alarm);
}

// Keeps the turn in which the alarm was started, so that alarms for the same time keep their order
// when the clock jumps.
void EventLoop::arm(Alarm& alarm) {
  alarm.timer_.start_at(*this, on_steady_clock(*this, alarm.due_), alarm.turn_,
                        [&alarm] { alarm.fire(); });
}

void Alarm::start(EventLoop& loop, WallTime due, std::function<void()> function) {
  const bool linked = loop_ == &loop;
  if (!linked) cancel();
  loop_ = &loop;
  due_ = due;
  turn_ = loop.take_turn();
  function_.swap(function);
  if (!linked) {
    next_ = loop.first_alarm_;
    if (next_) next_->previous_ = this;
    loop.first_alarm_ = this;
  }
  loop.arm(*this);
}

void Alarm::cancel() {
  if (!loop_) return;
  timer_.cancel();
  (previous_ ? previous_->next_ : loop_->first_alarm_) = next_;
  if (next_) next_->previous_ = previous_;
  previous_ = next_ = nullptr;
  loop_ = nullptr;
  const std::function<void()> dropped = std::exchange(function_, nullptr);
}

void Alarm::fire() {
  // The wall clock may have been slowed down, of which the system does not notify the loop.
  if (loop_->wall_now() < due_) return loop_->arm(*this);
  const std::function<void()> function = std::exchange(function_, nullptr);
  cancel();
  function();
}

}  // namespace azure::iot::device
