#pragma once

#include <atomic>
#include <chrono>
#include <thread>

namespace azure::iot::device::test {

// Measures how late this machine is, by a thread that sleeps again and again. A promise about time
// can thus be checked to the millisecond on an idle machine, and does not fail because of other
// load on a busy one.
class Lateness {
 public:
  Lateness();
  ~Lateness();
  // Returns the time that a promise of that length may take here: the length, and ten times the
  // worst delay seen.
  std::chrono::milliseconds allow(std::chrono::milliseconds promised) const;

 private:
  std::atomic<std::chrono::milliseconds> worst_ = std::chrono::milliseconds{0};
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace azure::iot::device::test
