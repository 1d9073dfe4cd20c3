#include "allocations/counted.hpp"

// The allocator of glibc, under the names that stay when its own are taken.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
}

namespace {

std::size_t total = 0;
bool scarce = false;
bool only_once = false;
std::size_t left_over = 0;
std::size_t failures = 0;

// Whether this allocation succeeds.
bool granted(std::size_t size) {
  total += size;
  if (!scarce || (only_once && failures > 0)) return true;
  if (left_over > 0) return left_over-- > 0;
  ++failures;
  return false;
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) { return granted(size) ? __libc_malloc(size) : nullptr; }

void* calloc(std::size_t count, std::size_t size) {
  return granted(count * size) ? __libc_calloc(count, size) : nullptr;
}

void* realloc(void* memory, std::size_t size) {
  return granted(size) ? __libc_realloc(memory, size) : nullptr;
}

}  // extern "C"

namespace azure::iot::device::test {

std::size_t bytes_allocated() { return total; }

NoMemory::NoMemory(std::size_t left, bool once) {
  left_over = left;
  only_once = once;
  failures = 0;
  scarce = true;
}
NoMemory::~NoMemory() { scarce = false; }
std::size_t NoMemory::failed() const { return failures; }

}  // namespace azure::iot::device::test
