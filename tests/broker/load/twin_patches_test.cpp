#include <thread>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"
#include "broker/load/load.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

constexpr std::size_t kMemory = 4 << 20;

// Changes the desired properties every millisecond. If the hub takes longer for one, the next
// follows at once.
void patch_every_millisecond(const std::string& what, int times) {
  const std::string device = next_device();
  Sequence patches;
  MemoryGrowth memory;
  std::atomic<int> wrong = 0;
  auto client = make_client(shared_hub(), device);
  client.on_twin_desired_properties_patch_received([&](Json patch) {
    // The twin's first version is 1, and each change adds 1.
    if (patch["n"].as_int() + 1 != patch["$version"].as_int()) ++wrong;
    patches.take(patch["n"].as_int());
    if (patches.count() % 100 == 0) memory.look();
  });

  const auto begin = std::chrono::steady_clock::now();
  for (int i = 1; i <= times; ++i) {
    std::this_thread::sleep_until(begin + i * 1ms);
    shared_hub().set_desired(device, R"({"n": )" + std::to_string(i) + "}");
  }
  CHECK(eventually([&] { return patches.count() >= times; }, kPatience));
  const auto took = std::chrono::steady_clock::now() - begin;
  client.shutdown();
  CHECK(patches.count() == times);
  CHECK(patches.in_order());
  CHECK(wrong == 0);
  check_cost(what, memory, kMemory, took, 60s);
}

TEST_CASE("Load: a patch of the twin every millisecond for a second arrives whole and in order") {
  patch_every_millisecond("1000 patches", 1000);
}

TEST_CASE("Load: a patch of the twin every millisecond for ten seconds arrives whole, in order" *
          doctest::skip()) {
  patch_every_millisecond("10000 patches", 10'000);
}

}  // namespace
}  // namespace azure::iot::device::test
