#include "broker/load/load.hpp"

#include <algorithm>

#include <doctest/doctest.h>

namespace azure::iot::device::test {

void MemoryGrowth::look() { most_ = std::max(most_.load(), resident_memory()); }

void check_cost(const std::string& what, const MemoryGrowth& memory, std::size_t allowed,
                std::chrono::steady_clock::duration took, std::chrono::seconds limit) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(took);
  MESSAGE(what, ": ", ms.count(), " ms, resident memory grew by ", memory.bytes() / 1024, " KB");
  if (kSanitized) return;
  CHECK(memory.bytes() <= allowed);
  CHECK(ms <= limit);
}

}  // namespace azure::iot::device::test
