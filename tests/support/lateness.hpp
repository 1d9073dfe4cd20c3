#pragma once

#include <atomic>
#include <chrono>
#include <thread>

namespace azure::iot::device::test {

// How late this machine is while this lives: a thread that sleeps again and again finds out. So a
// promise about time can be held to the millisecond on an idle machine, and is not broken by what
// else runs on a busy one.
class Lateness {
 public:
  Lateness();
  ~Lateness();
  // What a promise of so long may take here: that, and ten times the worst delay seen.
  std::chrono::milliseconds allow(std::chrono::milliseconds promised) const;

 private:
  std::atomic<std::chrono::milliseconds> worst_ = std::chrono::milliseconds{0};
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace azure::iot::device::test
