#include "pipeline/loop/timer_queue.hpp"

#include <new>
#include <tuple>
#include <utility>

#include "pipeline/loop/timer.hpp"

namespace azure::iot::device {

SteadyTime TimerQueue::next_due() const { return heap_.empty() ? kNever : heap_.front()->due_; }

bool TimerQueue::fire_one(SteadyTime now, std::uint64_t last_turn) {
  while (!heap_.empty() && heap_.front()->due_ <= now) {
    Timer& timer = *heap_.front();
    if (timer.turn_ > last_turn) {
      if (!hold_back(timer)) return false;  // The timer stays due in the next turn.
      continue;
    }
    remove(timer);
    timer.loop_ = nullptr;
    // Moved out of the timer before the call: the function may restart or destroy the timer.
    const std::function<void()> function = std::exchange(timer.function_, nullptr);
    function();
    return true;
  }
  return false;
}

bool TimerQueue::hold_back(Timer& timer) {
  try {
    held_back_.push_back(&timer);
  } catch (const std::bad_alloc&) {
    return false;
  }
  remove(timer);
  timer.held_back_ = true;
  timer.position_ = held_back_.size() - 1;
  return true;
}

void TimerQueue::release_held_back() {
  while (!held_back_.empty()) {
    Timer& timer = *held_back_.back();
    push(timer);
    held_back_.pop_back();
    timer.held_back_ = false;
  }
}

void TimerQueue::stop_all() {
  while (!heap_.empty() || !held_back_.empty()) {
    Timer& timer = heap_.empty() ? *held_back_.back() : *heap_.back();
    remove(timer);
    timer.loop_ = nullptr;
    // Destroyed only when the queue is consistent again: its captures may own other timers of the
    // queue.
    const std::function<void()> dropped = std::exchange(timer.function_, nullptr);
  }
}

void TimerQueue::push(Timer& timer) {
  heap_.push_back(&timer);
  sift_up(heap_.size() - 1);
}

void TimerQueue::remove(Timer& timer) {
  const std::size_t position = timer.position_;
  if (timer.held_back_) {
    timer.held_back_ = false;
    held_back_[position] = held_back_.back();
    held_back_[position]->position_ = position;
    held_back_.pop_back();
    return;
  }
  Timer* last = heap_.back();
  heap_.pop_back();
  if (last == &timer) return;
  place(position, last);
  sift_up(position);
  sift_down(last->position_);
}

void TimerQueue::sift_up(std::size_t position) {
  Timer* timer = heap_[position];
  while (position > 0) {
    const std::size_t parent = (position - 1) / 2;
    if (!before(*timer, *heap_[parent])) break;
    place(position, heap_[parent]);
    position = parent;
  }
  place(position, timer);
}

void TimerQueue::sift_down(std::size_t position) {
  Timer* timer = heap_[position];
  for (std::size_t child = 2 * position + 1; child < heap_.size(); child = 2 * position + 1) {
    if (child + 1 < heap_.size() && before(*heap_[child + 1], *heap_[child])) ++child;
    if (!before(*heap_[child], *timer)) break;
    place(position, heap_[child]);
    position = child;
  }
  place(position, timer);
}

void TimerQueue::place(std::size_t position, Timer* timer) {
  heap_[position] = timer;
  timer->position_ = position;
}

bool TimerQueue::before(const Timer& a, const Timer& b) {
  return std::tie(a.due_, a.tie_, a.turn_) < std::tie(b.due_, b.tie_, b.turn_);
}

}  // namespace azure::iot::device
