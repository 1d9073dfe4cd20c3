#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <vector>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"
#include "tests/support/lateness.hpp"
#include "tests/support/scripted_server.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

milliseconds between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration_cast<milliseconds>(to - from);
}

// A server that records the arrival of clients and disconnects them on request.
class Recorder {
 public:
  // Which clients are accepted; the server hangs up on the others.
  explicit Recorder(std::vector<bool> accepts) : accepts_(std::move(accepts)) {}
  ~Recorder() { cut(); }

  std::uint16_t port() const { return server_.port(); }
  const std::string& ca() const { return certificate_.ca; }
  Clock::time_point dialled(std::size_t number) {
    std::unique_lock lock(mutex_);
    const bool came = changed_.wait_for(lock, 20s, [&] { return dials_.size() > number; });
    REQUIRE(came);
    return dials_[number];
  }
  Clock::time_point cut() {
    const std::lock_guard lock(mutex_);
    ++cuts_;
    changed_.notify_all();
    return Clock::now();
  }

 private:
  void serve(ScriptedConnection& client) {
    std::unique_lock lock(mutex_);
    const std::size_t number = dials_.size();
    dials_.push_back(Clock::now());
    changed_.notify_all();
    if (number < accepts_.size() && !accepts_[number]) return;
    const int cuts = cuts_;
    lock.unlock();
    if (!client.accept_client(certificate_)) return;
    lock.lock();
    changed_.wait_for(lock, 20s, [&] { return cuts_ != cuts; });
  }

  const std::vector<bool> accepts_;
  const ServerCertificate certificate_ = make_server_certificate();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Clock::time_point> dials_;
  int cuts_ = 0;
  ScriptedServer server_{[this](ScriptedConnection& client) { serve(client); }};
};

IoTHubDeviceClient client_of(const Recorder& server, std::chrono::seconds interval) {
  return IoTHubDeviceClient::create_from_symmetric_key("ZmFrZSBrZXk=", "127.0.0.1", "d",
                                                       {.server_verification_cert = server.ca(),
                                                        .connection_retry_interval = interval,
                                                        .port = server.port()});
}

TEST_CASE("Recovery: a dropped link is redialled within 50 ms") {
  const Lateness lateness;
  Recorder server({});
  auto client = client_of(server, 60s);
  client.connect();
  std::vector<milliseconds> took;
  for (std::size_t drop = 1; drop <= 5; ++drop) {
    REQUIRE(eventually([&] { return client.connected(); }));
    const auto cut = server.cut();
    took.push_back(between(cut, server.dialled(drop)));
    CHECK(took.back() < lateness.allow(50ms));
  }
  std::sort(took.begin(), took.end());
  MESSAGE("redialled after ", took.front().count(), " to ", took.back().count(), " ms");
  CHECK(eventually([&] { return client.connected(); }));
}

TEST_CASE("Recovery: where the redial fails it is repeated each interval, until it succeeds") {
  const Lateness lateness;
  Recorder server({true, false, false, false, true});
  auto client = client_of(server, 1s);
  client.connect();
  const auto cut = server.cut();
  CHECK(between(cut, server.dialled(1)) < lateness.allow(50ms));
  for (std::size_t redial = 2; redial <= 4; ++redial) {
    const auto after = between(server.dialled(redial - 1), server.dialled(redial));
    MESSAGE("again after ", after.count(), " ms");
    CHECK(after >= 990ms);
    CHECK(after < lateness.allow(1050ms));
  }
  CHECK(eventually([&] { return client.connected(); }));
}

TEST_CASE("Recovery: after the hub was killed and is back, the link is back within the interval") {
  const Lateness lateness;
  const SimulatorProcess hub({.devices = {"d"}});
  auto client = make_client(hub, "d", {.connection_retry_interval = 1s});
  std::atomic<int> failed = 0;
  client.on_background_exception([&](const IotError&) { ++failed; });
  client.connect();
  const auto killed = Clock::now();
  hub.stop_broker();
  REQUIRE(eventually([&] { return !client.connected(); }));
  const auto noticed = Clock::now();
  REQUIRE(eventually([&] { return failed > 0; }));
  hub.start_broker();
  const auto back = Clock::now();
  REQUIRE(eventually([&] { return client.connected(); }));
  const auto healed = between(back, Clock::now());
  CHECK(healed < lateness.allow(1100ms));
  client.send_message("x");
  CHECK(hub.telemetry("d").back().payload == "x");
  MESSAGE("noticed ", between(killed, noticed).count(), " ms after the kill began; healed ",
          healed.count(), " ms after the hub was back");
}

}  // namespace
}  // namespace azure::iot::device::test
