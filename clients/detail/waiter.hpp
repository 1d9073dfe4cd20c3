#pragma once

#include <atomic>
#include <optional>
#include <utility>

#include "completion.hpp"
#include "futex.hpp"

namespace azure::iot::device::detail {

// A blocking caller, on its own stack.
template <class T>
class Waiter final : public Completion<T>::Target {
 public:
  // Waits for the end of the call.
  Outcome<T> get() {
    int found = kPending;
    // The caller goes to sleep, unless the outcome is there already.
    if (state_.compare_exchange_strong(found, kWaited, std::memory_order_acquire)) {
      while (state_.load(std::memory_order_acquire) != kDone) futex_wait(state_, kWaited);
    }
    return *std::move(outcome_);
  }

 private:
  enum State : int { kPending, kWaited, kDone };

  void complete(Outcome<T> outcome) noexcept override {
    outcome_.emplace(std::move(outcome));
    // The last access: from here on the caller may return, and this may be gone.
    std::atomic<int>* const state = &state_;
    if (state->exchange(kDone, std::memory_order_acq_rel) == kWaited) futex_wake(state);
  }

  std::atomic<int> state_ = kPending;
  std::optional<Outcome<T>> outcome_;
};

}  // namespace azure::iot::device::detail
