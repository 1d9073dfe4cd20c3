#pragma once

#include <atomic>

namespace azure::iot::device::detail {

// Sleeps while `word` has that value. May also return spuriously.
void futex_wait(const std::atomic<int>& word, int value);

// Wakes the thread that sleeps on `word`. The word itself is not accessed, so it may be destroyed
// already. A thread that now sleeps on another word at the same address is woken spuriously, which
// every user of a futex allows for.
void futex_wake(const std::atomic<int>* word) noexcept;

}  // namespace azure::iot::device::detail
