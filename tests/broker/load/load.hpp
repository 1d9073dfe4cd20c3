#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/support/process_probe.hpp"

namespace azure::iot::device::test {

// A load that takes longer counts as stuck.
inline constexpr std::chrono::seconds kPatience{kSanitized ? 600 : 120};

// Checks that items arrive as 1, 2, 3, ... Written on one thread at a time, and read on any.
class Sequence {
 public:
  void take(std::int64_t number) {
    if (number != count_.load(std::memory_order_relaxed) + 1) out_of_turn_ = true;
    count_.fetch_add(1);
  }
  std::int64_t count() const { return count_; }
  bool in_order() const { return !out_of_turn_; }

 private:
  std::atomic<std::int64_t> count_ = 0;
  std::atomic<bool> out_of_turn_ = false;
};

// The largest growth observed of this process's resident memory, since construction. Used on one
// thread at a time.
class MemoryGrowth {
 public:
  void look();
  std::size_t bytes() const { return most_ - before_; }

 private:
  const std::size_t before_ = resident_memory();
  std::atomic<std::size_t> most_ = before_;
};

// Prints the cost of a load. Checks that memory stayed within `allowed` and time within `limit`,
// except under a sanitizer.
void check_cost(const std::string& what, const MemoryGrowth& memory, std::size_t allowed,
                std::chrono::steady_clock::duration took, std::chrono::seconds limit);

}  // namespace azure::iot::device::test
