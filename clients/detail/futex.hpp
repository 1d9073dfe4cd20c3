#pragma once

#include <atomic>

namespace azure::iot::device::detail {

// Sleeps while `word` has that value. May also return without a reason.
void futex_wait(const std::atomic<int>& word, int value);

// Wakes the thread that sleeps on `word`. The word itself is not accessed, so that it may be gone
// already. Another thread that sleeps on a word at the same address by now is woken without a
// reason, which every user of a futex allows for.
void futex_wake(const std::atomic<int>* word) noexcept;

}  // namespace azure::iot::device::detail
