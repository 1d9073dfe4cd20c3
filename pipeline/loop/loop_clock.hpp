#pragma once

#include <memory>

#include "time.hpp"

namespace azure::iot::device {

// Where a loop with a thread takes its time from. The system's clocks serve all but tools and
// tests, which make time pass faster or let it stand still. Called from any thread.
class LoopClock {
 public:
  virtual ~LoopClock() = default;

  virtual SteadyTime steady_now() const = 0;
  virtual WallTime wall_now() const = 0;
  // When the system's steady clock (CLOCK_BOOTTIME) shows what this one calls `due`: until then the
  // loop sleeps. Never asked of `kNever`.
  virtual SteadyTime on_system_clock(SteadyTime due) const = 0;

  // The system's clocks.
  static std::shared_ptr<const LoopClock> system();
};

// What the system's steady clock shows. It goes on while the machine is asleep, so that a suspend
// shows as time that has passed.
SteadyTime read_system_steady_clock();

}  // namespace azure::iot::device
