#include "pipeline/loop/loop_clock.hpp"

#include <time.h>

namespace azure::iot::device {
namespace {

class SystemClock final : public LoopClock {
 public:
  SteadyTime steady_now() const override { return read_system_steady_clock(); }
  WallTime wall_now() const override {
    return std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now());
  }
  SteadyTime on_system_clock(SteadyTime due) const override { return due; }
};

}  // namespace

std::shared_ptr<const LoopClock> LoopClock::system() { return std::make_shared<SystemClock>(); }

SteadyTime read_system_steady_clock() {
  timespec time{};
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return SteadyTime(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

}  // namespace azure::iot::device
