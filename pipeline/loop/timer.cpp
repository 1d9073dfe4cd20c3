#include "pipeline/loop/timer.hpp"

#include <utility>

#include "pipeline/loop/event_loop.hpp"

namespace azure::iot::device {

void Timer::start(EventLoop& loop, Duration delay, std::function<void()> function) {
  start_at(loop, saturating_add(loop.now(), delay), std::move(function));
}

void Timer::start_at(EventLoop& loop, SteadyTime due, std::function<void()> function) {
  start_at(loop, due, loop.take_turn(), std::move(function));
}

void Timer::start_at(EventLoop& loop, SteadyTime due, std::uint64_t turn,
                     std::function<void()> function) {
  start_at(loop, due, Tie::by_turn, turn, std::move(function));
}

void Timer::start_deadline(EventLoop& loop, SteadyTime due, std::function<void()> function) {
  start_at(loop, due, Tie::wins, loop.take_turn(), std::move(function));
}

void Timer::start_at(EventLoop& loop, SteadyTime due, Tie tie, std::uint64_t turn,
                     std::function<void()> function) {
  if (loop_) loop_->timers_.remove(*this);
  loop_ = &loop;
  due_ = due;
  tie_ = tie;
  turn_ = turn;
  // The old function is destroyed last, with the argument: its captures may own this timer.
  function_.swap(function);
  try {
    loop.timers_.push(*this);
  } catch (...) {
    loop_ = nullptr;
    throw;
  }
}

void Timer::cancel() {
  if (!loop_) return;
  loop_->timers_.remove(*this);
  loop_ = nullptr;
  const std::function<void()> dropped = std::exchange(function_, nullptr);
}

}  // namespace azure::iot::device
