#pragma once

#include <cstddef>

namespace azure::iot::device::test {

// Bytes requested from malloc and its kin, and so by `new`, since the process began. For programs
// with one thread.
std::size_t bytes_allocated();

// Simulates that memory is exhausted until the end of the scope: after `left` more allocations each
// one fails, or only the next if `once` is set.
class NoMemory {
 public:
  explicit NoMemory(std::size_t left = 0, bool once = false);
  NoMemory(const NoMemory&) = delete;
  NoMemory& operator=(const NoMemory&) = delete;
  ~NoMemory();

  // Allocations that have failed.
  std::size_t failed() const;
};

}  // namespace azure::iot::device::test
