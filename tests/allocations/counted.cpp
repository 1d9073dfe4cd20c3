#include "allocations/counted.hpp"

// The allocator of glibc, under the names that stay when its own are taken.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
}

namespace {
std::size_t total = 0;
}  // namespace

extern "C" {

void* malloc(std::size_t size) {
  total += size;
  return __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) {
  total += count * size;
  return __libc_calloc(count, size);
}

void* realloc(void* memory, std::size_t size) {
  total += size;
  return __libc_realloc(memory, size);
}

}  // extern "C"

namespace azure::iot::device::test {

std::size_t bytes_allocated() { return total; }

}  // namespace azure::iot::device::test
