#include <functional>
#include <optional>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"
#include "broker/endurance/silent_ports.hpp"
#include "tests/support/process_probe.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

const std::string kWrongKey = "ZmFrZSBrZXkgZm9yIHRlc3Rz";

// Memory counts as flat if, after a warm-up, a cycle leaves less than this behind. During the
// warm-up caches fill and libraries initialize. A leak of 100 bytes a cycle would be four times the
// limit in the long run, and would exceed it after 500 cycles.
constexpr std::size_t kHeapPerCycle = 25;
constexpr std::size_t kHeapOnce = 16 * 1024;
// Resident pages are a coarser measure, since malloc may scatter its blocks over them.
constexpr std::size_t kResidentPerCycle = 50;
constexpr std::size_t kResidentOnce = 4 * 1024 * 1024;
constexpr int kWarmUp = 100;

bool grew_by_more_than(std::size_t allowed, std::size_t before, std::size_t after) {
  return after > before && after - before > allowed;
}

void check_flat(int cycles, const std::function<void()>& cycle) {
  for (int i = 0; i < kWarmUp; ++i) cycle();
  const auto count = static_cast<std::size_t>(cycles);
  const std::size_t descriptors = open_descriptors().size(), running = threads().size();
  const std::size_t heap = heap_in_use(), resident = resident_memory();
  for (int i = 0; i < cycles; ++i) cycle();
  // Threads that are ending may not have finished yet.
  CHECK(eventually([&] { return open_descriptors().size() <= descriptors; }));
  CHECK(eventually([&] { return threads().size() <= running; }));
  CHECK_FALSE(grew_by_more_than(kHeapOnce + kHeapPerCycle * count, heap, heap_in_use()));
  if (!kSanitized) {
    CHECK_FALSE(
        grew_by_more_than(kResidentOnce + kResidentPerCycle * count, resident, resident_memory()));
  }
  const auto change = [](std::size_t before, std::size_t after) {
    return static_cast<long>(after) - static_cast<long>(before);
  };
  MESSAGE(cycles, " cycles: heap ", change(heap, heap_in_use()), " bytes, resident ",
          change(resident, resident_memory()), " bytes, descriptors ",
          change(descriptors, open_descriptors().size()), ", threads ",
          change(running, threads().size()));
}

void use_client(const SimulatorProcess& hub, int cycles) {
  const std::string ca = contents_of(hub.ca_file());
  check_flat(cycles, [&] {
    auto client = make_client(hub, "d", {.server_verification_cert = ca});
    client.connect();
    client.send_message("x");
    client.shutdown();
  });
}

// Alternates the ways to fail.
void fail_to_connect(const SimulatorProcess& hub, const SimulatorProcess& untrusted, int cycles) {
  const std::string ca = contents_of(hub.ca_file());
  const std::string other_ca = contents_of(untrusted.ca_file());
  const ClosedPort closed;
  const SilentPort silent;
  const auto fails = [&](const std::string& host, std::uint16_t port, const std::string& trust,
                         const char* why, IoTHubDeviceClient::Timeout timeout = {}) {
    auto client = IoTHubDeviceClient::create_from_symmetric_key(
        kWrongKey, host, "d", {.server_verification_cert = trust, .port = port});
    std::string text;
    try {
      client.connect(timeout);
    } catch (const IotError& e) {
      text = e.what();
    }
    if (text.find(why) == std::string::npos) FAIL("the failure reads \"", text, "\"");
  };
  int turn = 0;
  check_flat(cycles, [&] {
    switch (turn++ % 4) {
      case 0: return fails("127.0.0.1", closed.number(), ca, "efused");
      case 1: return fails(untrusted.host(), untrusted.port(), other_ca, "untrusted");
      case 2: return fails(hub.host(), hub.port(), ca, "CONNACK");
      default: return fails("127.0.0.1", silent.number(), ca, "before timeout", 20ms);
    }
  });
}

TEST_CASE("Cycles: 500 times create, connect, send, shutdown leave nothing behind") {
  const SimulatorProcess hub({.devices = {"d"}});
  use_client(hub, 500);
}

TEST_CASE("Cycles: 500 times create, fail, destroy leave nothing behind") {
  const SimulatorProcess hub({.devices = {"d"}});
  const SimulatorProcess untrusted({.devices = {"d"}, .server_cert = "untrusted"});
  fail_to_connect(hub, untrusted, 500);
}

TEST_CASE("Cycles: 10000 times create, connect, send, shutdown leave nothing behind" *
          doctest::skip()) {
  const SimulatorProcess hub({.devices = {"d"}});
  use_client(hub, 10'000);
}

TEST_CASE("Cycles: 10000 times create, fail, destroy leave nothing behind" * doctest::skip()) {
  const SimulatorProcess hub({.devices = {"d"}});
  const SimulatorProcess untrusted({.devices = {"d"}, .server_cert = "untrusted"});
  fail_to_connect(hub, untrusted, 10'000);
}

}  // namespace
}  // namespace azure::iot::device::test
