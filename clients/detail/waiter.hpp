#pragma once

#include <atomic>
#include <optional>
#include <thread>
#include <utility>

#include "completion.hpp"

namespace azure::iot::device::detail {

// A blocking caller, on its own stack.
template <class T>
class Waiter final : public Completion<T>::Target {
 public:
  // Waits for the end of the call.
  Outcome<T> get() {
    state_.wait(kPending, std::memory_order_acquire);
    // Whoever completes is still at `state_` until it says that it is gone.
    while (state_.load(std::memory_order_acquire) != kGone) std::this_thread::yield();
    return *std::move(outcome_);
  }

 private:
  enum State : int { kPending, kDone, kGone };

  void complete(Outcome<T> outcome) noexcept override {
    outcome_.emplace(std::move(outcome));
    state_.store(kDone, std::memory_order_release);
    state_.notify_one();
    state_.store(kGone, std::memory_order_release);
  }

  std::atomic<int> state_ = kPending;
  std::optional<Outcome<T>> outcome_;
};

}  // namespace azure::iot::device::detail
