#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace azure::iot::device::test {

// Whether a sanitizer watches: what takes time then takes many times longer, and memory is kept
// that was given back, so that neither says anything.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// What the open descriptors of this process stand for, as the system says: "socket:[1234]".
std::vector<std::string> open_descriptors();
// The names of its threads.
std::vector<std::string> threads();
// Bytes that malloc has given out; 0 where a sanitizer has taken its place.
std::size_t heap_in_use();
// Bytes of memory that the process occupies.
std::size_t resident_memory();

// How often the library's threads of this process have given up the processor to wait: each wake-up
// ends with one.
long waits_of_library();

}  // namespace azure::iot::device::test
