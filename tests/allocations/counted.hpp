#pragma once

#include <cstddef>

namespace azure::iot::device::test {

// Bytes that malloc and its kin, and so `new`, were asked for since the process began. One thread's
// view, as in a program that has one.
std::size_t bytes_allocated();

// Until the end of the scope memory has run out: after `left` more allocations each fails, or only
// the next one where `once` is set.
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
