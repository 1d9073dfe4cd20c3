#include "pipeline/loop/manual_loop.hpp"

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <utility>

namespace azure::iot::device {
namespace {

PostedWork* take_first(std::deque<PostedWork*>& queue) {
  PostedWork* work = queue.front();
  queue.pop_front();
  return work;
}

[[noreturn]] void refuse_descriptors() {
  throw std::logic_error(
      "A ManualLoop cannot watch descriptors: use EventLoop::create() where real input and output "
      "is needed.");
}

}  // namespace

ManualLoop::ManualLoop(WallTime start) : wall_(start) {}

ManualLoop::~ManualLoop() {
  while (!posted_.empty()) take_first(posted_)->discard();
  while (!before_waiting_.empty()) take_first(before_waiting_)->discard();
}

void ManualLoop::post_work(PostedWork* work) { posted_.push_back(work); }

void ManualLoop::before_waiting(PostedWork* work) { before_waiting_.push_back(work); }

void ManualLoop::watch(int, unsigned, FdHandler) { refuse_descriptors(); }
void ManualLoop::change_watch(int, unsigned) { refuse_descriptors(); }
void ManualLoop::unwatch(int) { refuse_descriptors(); }

void ManualLoop::run_posted() {
  const Busy busy(*this, true);
  while (!posted_.empty() || !before_waiting_.empty()) {
    while (!posted_.empty()) take_first(posted_)->run();
    // Work that these add for `before_waiting` runs after the work that they post.
    for (std::size_t left = before_waiting_.size(); left > 0; --left)
      take_first(before_waiting_)->run();
  }
}

void ManualLoop::advance(Duration by) {
  assert(!advancing_ && "ManualLoop::advance was called by something that it runs");
  run_posted();

  // If a timer's function throws, a test may catch the exception and go on using this loop.
  struct Guard {
    explicit Guard(ManualLoop& l) : loop(l) { loop.advancing_ = true; }
    ~Guard() {
      loop.timers().release_held_back();
      loop.advancing_ = false;
    }
    ManualLoop& loop;
  };
  const Guard guard(*this);

  const SteadyTime end = saturating_add(now_, by);
  std::size_t turns_left = kMostTimers;  // Beyond the first turn at each moment.
  for (;;) {
    take_turn_at_this_moment();
    if (turns_left > 0) timers().release_held_back();
    const SteadyTime next = timers().next_due();
    if (next > end || next == kNever) break;
    if (next <= now_) {
      if (turns_left > 0) --turns_left;
      continue;
    }
    timers().release_held_back();
    move_clocks(next);
  }
  move_clocks(end);
}

// Acts as a turn of the loop with a thread: a timer started meanwhile fires in the next one.
void ManualLoop::take_turn_at_this_moment() {
  const std::uint64_t last_turn = timers().take_turn();
  while (fire_one(last_turn)) run_posted();
}

bool ManualLoop::run_until(const std::function<bool()>& done) {
  for (std::size_t fired = 0; fired < kMostTimers; ++fired) {
    run_posted();
    if (done()) return true;
    timers().release_held_back();  // Held back by an outer `advance` that waits for this call.
    if (timers().next_due() == kNever) return false;
    move_clocks(timers().next_due());
    fire_one(timers().take_turn());
  }
  return false;
}

bool ManualLoop::fire_one(std::uint64_t last_turn) {
  const Busy busy(*this, true);
  return timers().fire_one(now_, last_turn);
}

void ManualLoop::jump_wall_clock(Duration by) {
  wall_ = saturating_add(wall_, by);
  wall_clock_jumped();
}

void ManualLoop::move_clocks(SteadyTime to) {
  if (to <= now_) return;  // A nested `run_until` has moved the clocks further.
  wall_ = saturating_add(wall_, to - now_);
  now_ = to;
}

}  // namespace azure::iot::device
