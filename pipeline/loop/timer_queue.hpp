#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "time.hpp"

namespace azure::iot::device {

class EventLoop;
class Timer;

// The timers of one loop, ordered by due time. Among timers due at the same time, deadlines come
// first, then the order is that of the turns in which they were started.
class TimerQueue {
 public:
  std::uint64_t take_turn() { return ++last_turn_; }
  bool empty() const { return size() == 0; }
  std::size_t size() const { return heap_.size() + held_back_.size(); }
  // The due time of the first timer that is not held back; kNever if there is none.
  SteadyTime next_due() const;

  // Fires the first timer that is due at `now` and was started no later than turn `last_turn`.
  // Returns false if there is none. A due timer of a later turn is held back until
  // `release_held_back`. Otherwise a timer that restarts itself without delay would starve those
  // behind it.
  bool fire_one(SteadyTime now, std::uint64_t last_turn);
  void release_held_back();

  // Stops every timer when the loop ends.
  void stop_all();

 private:
  friend class Timer;
  void remove(Timer& timer);
  void push(Timer& timer);
  bool hold_back(Timer& timer);  // False if there is no memory for it.
  void sift_up(std::size_t position);
  void sift_down(std::size_t position);
  void place(std::size_t position, Timer* timer);
  static bool before(const Timer& a, const Timer& b);

  std::vector<Timer*> heap_;
  std::vector<Timer*> held_back_;
  std::uint64_t last_turn_ = 0;
};

}  // namespace azure::iot::device
