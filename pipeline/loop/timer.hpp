#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "time.hpp"

namespace azure::iot::device {

class EventLoop;

// Calls a function once, later, on the loop's thread. Make it a member of the object that waits: it
// stops when it is destroyed, restarted or cancelled. Only for use on the loop's thread.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { cancel(); }

  // Calls `function` once `delay` has passed on the steady clock; zero means on the next turn.
  void start(EventLoop& loop, Duration delay, std::function<void()> function);
  // The same at a point in time, which may lie in the past.
  void start_at(EventLoop& loop, SteadyTime due, std::function<void()> function);
  // The same with a turn taken earlier from `EventLoop::take_turn`: among timers that are due at
  // the same time, it fires as if it had been started then.
  void start_at(EventLoop& loop, SteadyTime due, std::uint64_t turn,
                std::function<void()> function);

  // The same for a deadline. Among timers that are due at the same time, deadlines fire first, so
  // that nothing is retried at the moment its deadline expires.
  void start_deadline(EventLoop& loop, SteadyTime due, std::function<void()> function);

  void cancel();
  bool running() const { return loop_ != nullptr; }
  SteadyTime due() const { return due_; }

 private:
  friend class TimerQueue;
  enum class Tie { wins, by_turn };
  void start_at(EventLoop& loop, SteadyTime due, Tie tie, std::uint64_t turn,
                std::function<void()> function);

  EventLoop* loop_ = nullptr;
  SteadyTime due_{};
  std::uint64_t turn_ = 0;
  std::size_t position_ = 0;  // In the queue's heap, or among those held back.
  bool held_back_ = false;
  Tie tie_ = Tie::by_turn;
  std::function<void()> function_;
};

// Calls a function once when the wall clock reaches a time. It follows jumps of the wall clock: if
// a jump makes it due, it fires at once. Otherwise like Timer.
class Alarm {
 public:
  Alarm() = default;
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
  ~Alarm() { cancel(); }

  void start(EventLoop& loop, WallTime due, std::function<void()> function);
  void cancel();
  bool running() const { return loop_ != nullptr; }
  WallTime due() const { return due_; }

 private:
  friend class EventLoop;
  void fire();

  EventLoop* loop_ = nullptr;
  WallTime due_{};
  std::uint64_t turn_ = 0;
  Timer timer_;
  std::function<void()> function_;
  Alarm* previous_ = nullptr;
  Alarm* next_ = nullptr;
};

}  // namespace azure::iot::device
