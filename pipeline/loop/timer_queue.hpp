#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "time.hpp"

namespace azure::iot::device {

class EventLoop;
class Timer;

// The timers of one loop, ordered by due time and then by the turn in which they were started.
class TimerQueue {
 public:
  std::uint64_t take_turn() { return ++last_turn_; }
  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  // When the first timer is due; kNever if there is none.
  SteadyTime next_due() const;

  // Fires the first timer that is due at `now` and was started no later than turn `last_turn`.
  // False if there is none. The bound keeps a timer that restarts itself without delay from
  // starving everything else.
  bool fire_one(SteadyTime now, std::uint64_t last_turn);

  // For a loop moved by hand: while this is on, a timer that is due already when it is started (at
  // `now`) sorts behind all others, until `release_held_back`.
  void hold_back(bool on) { hold_back_ = on; }
  void release_held_back();

 private:
  friend class Timer;
  void insert(Timer& timer, SteadyTime now);
  void remove(Timer& timer);
  void sift_up(std::size_t position);
  void sift_down(std::size_t position);
  void place(std::size_t position, Timer* timer);
  static bool before(const Timer& a, const Timer& b);

  std::vector<Timer*> heap_;
  std::uint64_t last_turn_ = 0;
  bool hold_back_ = false;
};

}  // namespace azure::iot::device
