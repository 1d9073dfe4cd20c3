#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"
#include "broker/load/load.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

constexpr int kRequests = 10'000;
constexpr std::size_t kMemory = 4 << 20;

// Calls the method this many times with consecutive numbers. Returns how many answers had the same
// number.
int invoke(const std::string& device, const std::string& method, int times) {
  int right = 0;
  for (int i = 1; i <= times; ++i) {
    const std::string number = std::to_string(i);
    const MethodResult result = shared_hub().invoke(device, method, number, kPatience);
    if (result.status == 200 && result.payload == number) ++right;
  }
  return right;
}

TEST_CASE("Load: a handler answers 10000 method requests in a row") {
  const std::string device = next_device();
  Sequence requests;
  MemoryGrowth memory;
  auto client = make_client(shared_hub(), device);
  client.on_method_request_received([&](MethodRequest request) {
    requests.take(request.payload.as_int());
    client.send_method_response(
        MethodResponse::create_from_method_request(request, 200, request.payload));
    if (requests.count() % 100 == 0) memory.look();
  });

  const auto begin = std::chrono::steady_clock::now();
  CHECK(invoke(device, "count", kRequests) == kRequests);
  const auto took = std::chrono::steady_clock::now() - begin;
  CHECK(requests.count() == kRequests);
  CHECK(requests.in_order());
  check_cost("10000 methods", memory, kMemory, took, 60s);
}

TEST_CASE("Load: a handler answers 10000 method requests of eight callers, each in its order") {
  constexpr std::size_t kCallers = 8;
  constexpr int kEach = kRequests / int{kCallers};
  const std::string device = next_device();
  std::vector<Sequence> requests(kCallers);
  MemoryGrowth memory;
  auto client = make_client(shared_hub(), device);
  client.on_method_request_received([&](MethodRequest request) {
    Sequence& of_caller = requests.at(static_cast<std::size_t>(std::stoi(request.name)));
    of_caller.take(request.payload.as_int());
    client.send_method_response(
        MethodResponse::create_from_method_request(request, 200, request.payload));
    if (of_caller.count() % 100 == 0) memory.look();
  });

  const auto begin = std::chrono::steady_clock::now();
  std::atomic<int> right = 0;
  std::vector<std::thread> callers;
  for (std::size_t i = 0; i < kCallers; ++i) {
    callers.emplace_back([&, i] { right += invoke(device, std::to_string(i), kEach); });
  }
  for (std::thread& caller : callers) caller.join();
  const auto took = std::chrono::steady_clock::now() - begin;
  CHECK(right == kRequests);
  for (const Sequence& of_caller : requests) {
    CHECK(of_caller.count() == kEach);
    CHECK(of_caller.in_order());
  }
  check_cost("10000 methods of eight callers", memory, kMemory, took, 60s);
}

}  // namespace
}  // namespace azure::iot::device::test
