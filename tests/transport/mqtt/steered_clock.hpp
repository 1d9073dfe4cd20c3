#pragma once

#include "pipeline/loop/loop_clock.hpp"

namespace azure::iot::device::test {

// The system's clocks, which a test moves forward. It moves those of every loop with this clock,
// and that of libmosquitto. A loop notices in its next turn.
class SteeredClock final : public LoopClock {
 public:
  SteadyTime steady_now() const override;
  WallTime wall_now() const override;
  SteadyTime on_system_clock(SteadyTime due) const override;
};

void skip(Duration time);

}  // namespace azure::iot::device::test
