#include "tests/support/lateness.hpp"

#include <algorithm>

namespace azure::iot::device::test {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kNap{5};
constexpr milliseconds kMostAllowed{4000};  // More is a hang on any machine.

}  // namespace

Lateness::Lateness()
    : thread_([this] {
        while (!stopping_) {
          const auto due = Clock::now() + kNap;
          std::this_thread::sleep_until(due);
          const auto late = std::chrono::duration_cast<milliseconds>(Clock::now() - due);
          worst_ = std::max(worst_.load(), late);
        }
      }) {}

Lateness::~Lateness() {
  stopping_ = true;
  thread_.join();
}

milliseconds Lateness::allow(milliseconds promised) const {
  return promised + std::min(10 * worst_.load(), kMostAllowed);
}

}  // namespace azure::iot::device::test
