#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "pipeline/stages/connection_retry_stage.hpp"
#include "support/test_pipeline.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using namespace test;

// Seconds as many as have failed.
class Counting final : public RetryPolicy {
 public:
  std::optional<Duration> next_pause(const Failure& failure) const override {
    if (failure.failures > 4) return std::nullopt;
    return Duration(1s) * (failure.failures + 1);
  }
  Duration holds_after() const override { return 30s; }
};

struct PolicyPipeline : TestPipeline<ConnectionRetryStage> {
  explicit PolicyPipeline(std::shared_ptr<const RetryPolicy> policy)
      : TestPipeline({.retry_policy = std::move(policy)}) {}

  // How long the client waits until it dials once more; nothing if it does not within ten minutes.
  Duration time_to_next_dial() {
    const auto start = loop().now();
    const auto dials = transport.dials();
    while (transport.dials() == dials && loop().now() - start < 10min) advance(100ms);
    return loop().now() - start;
  }
};

TEST_CASE("ConnectionRetry: a policy decides the pauses, and what a short link does not reset") {
  PolicyPipeline p(std::make_shared<Counting>());
  p.run<ConnectOperation>();
  p.advance(1min);
  p.transport.script({refuse, accept});
  p.transport.drop();
  CHECK(p.time_to_next_dial() == 1s);
  CHECK(p.time_to_next_dial() == 2s);  // After one failure; accepted.
  CHECK(p.nucleus().connected());
  p.advance(30s - 1ms);
  p.transport.drop();  // It has not held.
  CHECK(p.time_to_next_dial() == 3s);
  p.advance(30s);
  p.transport.drop();
  CHECK(p.time_to_next_dial() == 1s);  // It has.
}

TEST_CASE(
    "ConnectionRetry: a policy that gives up is told of once, and asked again after a connect") {
  PolicyPipeline p(std::make_shared<Counting>());
  bool gave_up = false;
  p.on_event = [&](const Event& event) {
    if (const auto* failed = event_cast<BackgroundExceptionEvent>(event)) gave_up = failed->gave_up;
  };
  p.run<ConnectOperation>();
  p.advance(1min);
  p.transport.script({refuse, refuse, refuse, refuse, refuse});
  p.transport.drop();
  p.advance(1s + 2s + 3s + 4s + 5s);
  CHECK(p.transport.dials() == 6);
  CHECK(gave_up);
  CHECK(p.time_to_next_dial() >= 10min);
  CHECK(p.run<ConnectOperation>().succeeded());
}

TEST_CASE("ConnectionRetry: a refused credential ends the redial, unless the policy goes on") {
  const auto redials = [](std::shared_ptr<const RetryPolicy> policy) {
    PolicyPipeline p(std::move(policy));
    p.run<ConnectOperation>();
    p.transport.script({refuse_with(Errc::unauthorized)});
    p.transport.drop();
    p.advance(1h);
    return p.nucleus().connected();
  };
  CHECK_FALSE(redials(nullptr));
  CHECK_FALSE(redials(std::make_shared<ExponentialBackoff>()));
  CHECK(redials(std::make_shared<ExponentialBackoff>(
      ExponentialBackoff::Limits{.retry_refused_credentials = true})));
}

// The far end of a whole fleet: refuses everybody until it is up again, and counts dials by second.
class FleetEnd final : public Stage {
 public:
  struct Hub {
    SteadyTime down_from, up_at;
    std::vector<int> dials_in_second = std::vector<int>(900);
    int connected = 0;
  };
  explicit FleetEnd(Hub& hub) : hub_(hub) {}
  std::string_view name() const override { return "FleetEnd"; }
  void drop() { send_event_up(DisconnectedEvent(Errc::connection_dropped)); }

 private:
  void run_op(OpPtr op) override {
    auto connect = op_cast<ConnectOperation>(op);
    if (!connect) return complete(std::move(op));
    const SteadyTime now = loop().now();
    if (now >= hub_.down_from) {
      ++hub_.dials_in_second.at(static_cast<std::size_t>((now - hub_.down_from) / 1s));
    }
    if (now >= hub_.down_from && now < hub_.up_at) {
      return complete(std::move(connect), Errc::connection_failed);
    }
    ++hub_.connected;
    send_event_up(ConnectedEvent());
    complete(std::move(connect));
  }

  Hub& hub_;
};

// How many of 10,000 clients dial in each second after a hub that goes down for a minute.
FleetEnd::Hub outage(std::shared_ptr<const RetryPolicy> policy) {
  constexpr int kClients = 10000;
  auto loop = std::make_shared<ManualLoop>();
  FleetEnd::Hub hub{.down_from = SteadyTime::max(), .up_at = {}};
  std::vector<std::shared_ptr<Pipeline>> clients;
  std::vector<FleetEnd*> ends;
  std::mt19937_64 bits(7);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (int i = 0; i < kClients; ++i) {
    auto client = std::make_shared<Pipeline>(loop, PipelineConfig{.retry_policy = policy},
                                             [](const Event&) {});
    client->nucleus().random = [&] { return uniform(bits); };
    client->append(std::make_unique<ConnectionRetryStage>());
    auto end = std::make_unique<FleetEnd>(hub);
    ends.push_back(end.get());
    client->append(std::move(end));
    client->submit(make_op<ConnectOperation>());
    clients.push_back(std::move(client));
  }
  loop->run_posted();
  REQUIRE(hub.connected == kClients);
  loop->advance(10min);
  hub.connected = 0;
  hub.down_from = loop->now();
  hub.up_at = hub.down_from + 60s;
  for (FleetEnd* end : ends) end->drop();
  loop->advance(14min);
  CHECK(hub.connected == kClients);
  for (auto& client : clients) client->close(Errc::pipeline_not_running);
  return hub;
}

TEST_CASE("ConnectionRetry: with ExponentialBackoff a fleet does not come back in one second") {
  const auto worst_after_return = [](const FleetEnd::Hub& hub) {
    return *std::max_element(hub.dials_in_second.begin() + 60, hub.dials_in_second.end());
  };
  // Every ten seconds all of them at the same moment: what the other policy is there for.
  CHECK(worst_after_return(outage(nullptr)) == 10000);
  const FleetEnd::Hub spread = outage(std::make_shared<ExponentialBackoff>());
  CHECK(worst_after_return(spread) < 500);
  // While it is down the load falls: of the second half of the minute less than one a client.
  int second_half = 0;
  for (std::size_t s = 30; s < 60; ++s) second_half += spread.dials_in_second[s];
  CHECK(second_half < 10000);
}

}  // namespace
}  // namespace azure::iot::device
