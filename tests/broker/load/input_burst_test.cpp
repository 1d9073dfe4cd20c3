#include <thread>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"
#include "broker/load/load.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

constexpr int kMessages = 10'000;
constexpr std::size_t kPayload = 4000;
// Twice the contents of an inbox at the moment when the client stops reading, 1,024 messages.
// Messages already on their way are still read. The whole burst would be 40 MB.
constexpr std::size_t kMemory = 2 * 1024 * (kPayload + 1024);

std::string payload(int number) {
  std::string text = std::to_string(number) + ' ';
  text.resize(kPayload, '.');
  return text;
}

// Receives 10,000 messages to a module's input, which the hub sends all at once on the SUBSCRIBE.
void take_burst(const std::string& what, std::chrono::microseconds handler_takes) {
  const std::string module = next_module();
  for (int i = 1; i <= kMessages; ++i) shared_hub().send_input(module, "in", payload(i));

  Sequence messages;
  MemoryGrowth memory;
  std::atomic<int> wrong = 0;
  auto client = make_module_client(shared_hub(), module);
  client.connect();
  const auto begin = std::chrono::steady_clock::now();
  client.on_message_received([&](Message message) {
    if (message.input_name != "in" || message.data.size() != kPayload) ++wrong;
    messages.take(std::stoi(message.data));
    if (messages.count() % 100 == 0) memory.look();
    if (handler_takes > 0us) std::this_thread::sleep_for(handler_takes);
  });
  CHECK(eventually([&] { return messages.count() >= kMessages; }, kPatience));
  const auto took = std::chrono::steady_clock::now() - begin;
  client.shutdown();  // No message arrives twice either.
  CHECK(messages.count() == kMessages);
  CHECK(messages.in_order());
  CHECK(wrong == 0);
  check_cost(what, memory, kMemory, took, 60s);
}

TEST_CASE("Load: a burst of 10000 messages to an input of a module arrives whole and in order") {
  take_burst("10000 messages", 0us);
}

TEST_CASE("Load: so it does where the handler falls behind, and the rest waits at the hub") {
  take_burst("10000 messages, slowly handled", 200us);
}

}  // namespace
}  // namespace azure::iot::device::test
