#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace azure::iot::device::test {

// Whether a sanitizer is active. Then work takes many times longer, and freed memory is kept, so
// that neither time nor memory means anything.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// The targets of this process's open descriptors, as the system names them: "socket:[1234]".
std::vector<std::string> open_descriptors();
// The names of its threads.
std::vector<std::string> threads();
// The bytes that malloc has given out; 0 if a sanitizer replaces it.
std::size_t heap_in_use();
// Bytes of memory that the process occupies.
std::size_t resident_memory();

// How often the library's threads of this process have given up the processor to wait. Each wake-up
// ends with one.
long waits_of_library();

}  // namespace azure::iot::device::test
