#pragma once

#include <atomic>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

#include "../exceptions.hpp"
#include "completion.hpp"

namespace azure::iot::device::detail {

// The result of a call, or the exception that stands for its error.
template <class T>
T value_or_throw(Outcome<T> outcome) {
  if constexpr (std::is_void_v<T>) {
    if (outcome) throw_error(outcome);
  } else {
    if (!outcome) throw_error(outcome.error());
    return *std::move(outcome);
  }
}

// A blocking caller, on its own stack.
template <class T>
class Waiter final : public Completion<T>::Target {
 public:
  // Waits for the end of the call.
  T get() {
    state_.wait(kPending, std::memory_order_acquire);
    // Whoever completes is still at `state_` until it says that it is gone.
    while (state_.load(std::memory_order_acquire) != kGone) std::this_thread::yield();
    return value_or_throw<T>(*std::move(outcome_));
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
