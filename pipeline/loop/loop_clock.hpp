#pragma once

#include <memory>

#include "time.hpp"

namespace azure::iot::device {

// The clocks of a loop with a thread. Applications use the system's clocks; tools and tests use
// others, which run faster or stand still. Called from any thread.
class LoopClock {
 public:
  virtual ~LoopClock() = default;

  virtual SteadyTime steady_now() const = 0;
  virtual WallTime wall_now() const = 0;
  // Converts `due` to the system's steady clock (CLOCK_BOOTTIME). The loop sleeps until then. Never
  // called with `kNever`.
  virtual SteadyTime on_system_clock(SteadyTime due) const = 0;

  // The system's clocks.
  static std::shared_ptr<const LoopClock> system();
};

// Reads the system's steady clock. It advances while the machine is suspended.
SteadyTime read_system_steady_clock();

}  // namespace azure::iot::device
