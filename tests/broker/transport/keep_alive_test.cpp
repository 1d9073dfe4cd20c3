#include <atomic>
#include <chrono>
#include <ctime>
#include <thread>

#include <doctest/doctest.h>
#include <sys/resource.h>

#include "tests/support/transport_configs.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

namespace {

constexpr char kPingreq = '\xc0';
constexpr char kPingresp[] = {'\xd0', 0};

// The number of times that the loop's thread has slept so far.
long sleeps(TransportProbe& probe) {
  long count = 0;
  probe.on_loop([&](MqttTransport&) {
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    count = usage.ru_nvcsw;
  });
  return count;
}

}  // namespace

TEST_CASE("Keep-alive: an idle client pings in time, a dead server is noticed, nobody spins") {
  std::atomic<int> pings = 0;
  ScriptedServer living([&](ScriptedConnection& client) {
    client.accept_client(certificate());
    for (std::string packet; !(packet = client.read_packet()).empty();) {
      if (packet[0] != kPingreq) continue;
      ++pings;
      client.write({kPingresp, 2});
    }
  });
  ScriptedServer dead([](ScriptedConnection& client) {
    client.accept_client(certificate());
    client.wait_for_end();
  });
  auto config = config_for(living);
  config.keep_alive = 2s;  // Raised to 5.
  TransportProbe idle(config, quick());
  config.port = dead.port();
  TransportProbe lost(config, quick());
  REQUIRE_FALSE(idle.connect());
  REQUIRE_FALSE(lost.connect());
  REQUIRE(idle.wait_for("connected"));
  REQUIRE(lost.wait_for("connected"));

  const long sleeps_before = sleeps(idle);
  const std::clock_t cpu_before = std::clock();
  std::this_thread::sleep_for(11s);  // The test is that nothing happens meanwhile.
  const double cpu = static_cast<double>(std::clock() - cpu_before) / CLOCKS_PER_SEC;
  const long slept = sleeps(idle) - sleeps_before;
  MESSAGE("CPU in 11 s: " << cpu << " s; the idle client's loop slept " << slept << " times");

  CHECK(lost.told() == Lines{"connected", "disconnected connection_dropped"});
  CHECK(contains(lost.last_detail(), "keep-alive"));
  CHECK(idle.told() == Lines{"connected"});
  CHECK(pings == 2);
  CHECK(cpu < 0.11);
  // Two for each ping (it is sent, its answer arrives), and those of the measurement.
  CHECK(slept <= 10);
}
