#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

// Checks that work grows no faster than its input. A peer, or an application, decides how much
// input there is.
namespace azure::iot::device::growth {

// Prepares an input of that size, and returns the work on it that is to be measured.
using Work = std::function<std::function<void()>(std::size_t)>;

struct Case {
  std::string what;
  std::size_t size;
  Work work;
};

inline double thread_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

inline double seconds_of(const Work& work, std::size_t size) {
  const auto run = work(size);
  const double start = thread_seconds();
  run();
  return thread_seconds() - start;
}

// Returns the factor by which the work grows for twice the input: 2 if it is linear, 4 if it is
// quadratic. The factor is the mean of two doublings, since caches have their steps. Processor time
// counts, and the fastest run of each size, so that a busy machine does no harm.
inline double ratio_of(const Case& each) {
  // Seconds against which the resolution of the clock is negligible.
  constexpr double kShortest = 0.001;
  constexpr double kSurely = 2.3;
  constexpr int kRuns = 3;
  constexpr int kRounds = 4;  // Measured again if it seems too slow.
  constexpr std::size_t kLargest = 256;
  std::size_t size = each.size;
  while (seconds_of(each.work, size) < kShortest) {
    size *= 2;
    if (size > kLargest * each.size) return 1;  // Next to nothing, whatever the size.
  }
  double once = 1e9;
  double fourfold = 1e9;
  const auto in_doubt = [&] { return fourfold > kSurely * kSurely * once; };
  for (int round = 0; round == 0 || (round < kRounds && in_doubt()); ++round) {
    for (int run = 0; run < kRuns; ++run) {
      once = std::min(once, seconds_of(each.work, size));
      fourfold = std::min(fourfold, seconds_of(each.work, 4 * size));
    }
  }
  return std::sqrt(fourfold / once);
}

inline void check(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    CAPTURE(each.what);
    CHECK(ratio_of(each) <= 2.5);
  }
}

}  // namespace azure::iot::device::growth
