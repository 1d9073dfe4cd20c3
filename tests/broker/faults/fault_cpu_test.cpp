#include <chrono>
#include <iterator>
#include <list>
#include <memory>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"
#include "broker/faults/fault_client.hpp"
#include "broker/faults/faulty_hub.hpp"
#include "transport/mqtt/mosquitto_transport.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

namespace {

// Faults that last and could keep a loop busy.
constexpr std::pair<Phase, Fault> kLasting[] = {
    {Phase::resolve, Fault::not_found},   {Phase::resolve, Fault::never_found},
    {Phase::tcp, Fault::refused},         {Phase::tcp, Fault::packet_loss},
    {Phase::tls, Fault::silence},         {Phase::connect, Fault::silence},
    {Phase::connect, Fault::half_packet}, {Phase::idle, Fault::silence},
    {Phase::idle, Fault::packet_loss},    {Phase::publish, Fault::silence},
    {Phase::publish, Fault::packet_loss}, {Phase::subscribe, Fault::silence},
    {Phase::idle, Fault::expired_token},  {Phase::idle, Fault::taken_over},
    {Phase::idle, Fault::clock_behind},   {Phase::publish, Fault::no_answer},
};

// A client in the middle of such a fault. It calls again and again, like an application that does
// not give up.
class Sufferer {
 public:
  explicit Sufferer(Phase phase, Fault fault, Way way)
      : phase_(phase), hub_(fault, phase, 0, way), client_(make_fault_client(hub_)) {
    if (phase > Phase::connect) client_.connect(20s);
  }
  ~Sufferer() {
    hub_.heal();
    client_.shutdown();
    if (caller_.joinable()) caller_.join();
  }
  void begin() {
    if (phase_ == Phase::idle) return hub_.strike();
    caller_ = std::thread([this] {
      const auto once = [this] { return call_of(client_, phase_, 3s); };
      while (once() != "ClientError") std::this_thread::sleep_for(500ms);  // Until the shutdown.
    });
  }

 private:
  const Phase phase_;
  FaultyHub hub_;
  IoTHubDeviceClient client_;
  std::thread caller_;
};

// Checks that all clients together use at most this many hundredths of a core.
void check_cpu(std::chrono::milliseconds length, long hundredths, Way way) {
  if (way != Way::direct && missing_tunnel(true, {})) return;
  std::list<Sufferer> sufferers;
  for (const auto& [phase, fault] : kLasting) sufferers.emplace_back(phase, fault, way);
  const Stopwatch stopwatch;
  for (Sufferer& sufferer : sufferers) sufferer.begin();
  std::this_thread::sleep_for(length);
  const auto allowed = hundredths * stopwatch.passed() / 100;
  MESSAGE(stopwatch.cpu().count() << " ms of processor time in " << stopwatch.passed().count()
                                  << " ms of " << sufferers.size() << " faults");
  CHECK(stopwatch.cpu() <= allowed);
}

}  // namespace

TEST_CASE("Faults: whatever lasts, a client in it uses no more than a hundredth of a core") {
  // Starting up costs most.
  SUBCASE("direct") { check_cpu(2s, std::size(kLasting), Way::direct); }
  SUBCASE("WebSocket") { check_cpu(2s, std::size(kLasting), Way::web_socket); }
  SUBCASE("proxy") { check_cpu(2s, std::size(kLasting), Way::proxy); }
}

TEST_CASE("Faults: in ten seconds not even all such clients together do" * doctest::skip()) {
  SUBCASE("direct") { check_cpu(10s, 1, Way::direct); }
  SUBCASE("WebSocket") { check_cpu(10s, 2, Way::web_socket); }
  SUBCASE("proxy") { check_cpu(10s, 1, Way::proxy); }
}
