#pragma once

#include <atomic>
#include <optional>
#include <utility>

#include "completion.hpp"
#include "futex.hpp"

namespace azure::iot::device::detail {

// Waits for the end of a call, on the stack of a blocking caller.
template <class T>
class Waiter final : public Completion<T>::Target {
 public:
  // Waits for the end of the call, and returns its outcome.
  Outcome<T> get() {
    int found = kPending;
    // Sleeps unless the outcome is already there.
    if (state_.compare_exchange_strong(found, kWaited, std::memory_order_acquire)) {
      while (state_.load(std::memory_order_acquire) != kDone) futex_wait(state_, kWaited);
    }
    return *std::move(outcome_);
  }

 private:
  enum State : int { kPending, kWaited, kDone };

  void complete(Outcome<T> outcome) noexcept override {
    outcome_.emplace(std::move(outcome));
    // Last access to this: from here on the caller may return and destroy it.
    std::atomic<int>* const state = &state_;
    if (state->exchange(kDone, std::memory_order_acq_rel) == kWaited) futex_wake(state);
  }

  std::atomic<int> state_ = kPending;
  std::optional<Outcome<T>> outcome_;
};

}  // namespace azure::iot::device::detail
