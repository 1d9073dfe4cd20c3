#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <stdexcept>
#include <vector>

#include <doctest/doctest.h>

#include "pipeline/stages/connection_retry_stage.hpp"
#include "support/test_pipeline.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using namespace test;

// Pauses for as many seconds as attempts have failed.
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

  // The time until the client redials; nothing if it does not redial within ten minutes.
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
  p.transport.drop();  // The link has not held for long enough.
  CHECK(p.time_to_next_dial() == 3s);
  p.advance(30s);
  p.transport.drop();
  CHECK(p.time_to_next_dial() == 1s);  // The link has held.
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

TEST_CASE("ConnectionRetry: a credential that a reauthorization found refused is tried once more") {
  for (const bool again : {true, false}) {
    bool gave_up = false;
    PolicyPipeline p(nullptr);
    p.on_event = [&](const Event& event) {
      const auto* failed = event_cast<BackgroundExceptionEvent>(event);
      if (failed) gave_up |= failed->gave_up;
    };
    p.run<ConnectOperation>();
    const Reply refused = refuse_with(Errc::unauthorized);
    p.transport.script({refused, again ? refused : accept});
    CHECK(p.run<ReauthorizeConnectionOperation>().errc() == Errc::unauthorized);
    CHECK_FALSE(gave_up);
    p.advance(1h);
    CHECK(p.transport.dials() == 3);
    CHECK(p.nucleus().connected() != again);
    CHECK(gave_up == again);
  }
}

// Throws, or returns a senseless pause.
class Broken final : public RetryPolicy {
 public:
  enum class Where { next_pause, holds_after, both };
  explicit Broken(Where where) : where_(where) {}
  std::optional<Duration> next_pause(const Failure&) const override {
    if (where_ != Where::holds_after) throw std::runtime_error("no pause");
    return 3s;
  }
  Duration holds_after() const override {
    if (where_ == Where::next_pause) return 0s;
    throw 5;
  }

 private:
  const Where where_;
};

TEST_CASE("ConnectionRetry: a policy that throws is reported, and the default one decides") {
  for (const auto where :
       {Broken::Where::next_pause, Broken::Where::holds_after, Broken::Where::both}) {
    CAPTURE(static_cast<int>(where));
    PolicyPipeline p(std::make_shared<Broken>(where));
    p.run<ConnectOperation>();
    std::vector<ConnectionState> seen;
    p.on_event = [&](const Event&) { seen.push_back(p.state()); };
    p.transport.script({refuse});
    p.transport.drop();
    p.settle();
    CHECK(p.events.count<DisconnectedEvent>() == 1);
    CHECK(seen == std::vector(3, ConnectionState::disconnected));
    REQUIRE(p.events.background_errors.size() == 2);
    const Error& thrown = p.events.background_errors[0];
    CHECK(thrown.code() == Errc::user_policy);
    CHECK(thrown.detail() == (where == Broken::Where::next_pause || where == Broken::Where::both
                                  ? "the retry policy threw: no pause"
                                  : "the retry policy threw: unknown exception"));
    CHECK(p.time_to_next_dial() <= 3s);
    CHECK(p.time_to_next_dial() <= 10s);
    CHECK(p.nucleus().connected());
    p.on_event = nullptr;
  }
}

// Always returns the same pause.
class Always final : public RetryPolicy {
 public:
  explicit Always(std::optional<Duration> pause, Duration holds_after = 0s)
      : pause_(pause), holds_after_(holds_after) {}
  std::optional<Duration> next_pause(const Failure&) const override { return pause_; }
  Duration holds_after() const override { return holds_after_; }

 private:
  const std::optional<Duration> pause_;
  const Duration holds_after_;
};

TEST_CASE("ConnectionRetry: between two dials time passes, whatever the policy asks for") {
  for (const Duration pause : {Duration(0s), Duration(-1s), Duration::min(), Duration(1ns)}) {
    for (const bool refused : {true, false}) {
      CAPTURE(pause.count());
      CAPTURE(refused);
      PolicyPipeline p(std::make_shared<Always>(pause, pause));
      p.run<ConnectOperation>();
      // Refused each time, or accepted and lost at once each time.
      p.transport.otherwise = refused ? refuse : accept;
      p.transport.drop();
      for (int i = 0; i < 100; ++i) {
        p.advance(1ms);
        if (p.nucleus().connected()) p.transport.drop();
      }
      CHECK(p.transport.dials() > 1);
      CHECK(p.transport.dials() <= 1 + (refused ? 2 : 11));
    }
  }
}

TEST_CASE("ConnectionRetry: pauses of zero have a floor without a policy, too") {
  for (const auto& policy :
       {std::shared_ptr<const RetryPolicy>(),
        std::shared_ptr<const RetryPolicy>(std::make_shared<FixedInterval>(0s))}) {
    TestPipeline<ConnectionRetryStage> p{{.connection_retry_interval = 0s, .retry_policy = policy}};
    p.run<ConnectOperation>();
    p.transport.otherwise = refuse;
    p.transport.drop();
    p.advance(1s);
    CHECK(p.transport.dials() == 1 + 10);
  }
}

TEST_CASE("ConnectionRetry: a pause beyond all time is waited for, and ended by a connect") {
  PolicyPipeline p(std::make_shared<Always>(Duration::max(), Duration::max()));
  p.run<ConnectOperation>();
  p.transport.drop();
  p.advance(24h * 365);
  CHECK(p.transport.dials() == 1);
  CHECK(p.run<ConnectOperation>().succeeded());
  CHECK(p.loop().pending_timers() == 0);
}

TEST_CASE("ConnectionRetry: whatever takes the link down, giving up is reported once") {
  enum class By { drop, reauthorization, deadline_in_disconnect, redial };
  for (const bool retry : {true, false}) {
    for (const By by : {By::drop, By::reauthorization, By::deadline_in_disconnect, By::redial}) {
      if (by == By::redial && !retry) continue;
      CAPTURE(static_cast<int>(by));
      CAPTURE(retry);
      std::shared_ptr<const RetryPolicy> never = std::make_shared<Always>(std::nullopt);
      TestPipeline<ConnectionRetryStage> p{
          {.connection_retry = retry, .retry_policy = by == By::redial ? nullptr : never}};
      int gave_up = 0;
      p.on_event = [&](const Event& event) {
        const auto* failed = event_cast<BackgroundExceptionEvent>(event);
        if (!failed || !failed->gave_up) return;
        ++gave_up;
        CHECK(failed->error);
        CHECK(p.state() == ConnectionState::disconnected);
      };
      p.run<ConnectOperation>();
      p.transport.script({refuse_with(Errc::unauthorized)});
      p.transport.silent_disconnect = by == By::deadline_in_disconnect;
      if (by == By::drop || by == By::redial) {
        p.transport.drop();
      } else {
        p.run_within<ReauthorizeConnectionOperation>(1s);
      }
      p.advance(1h);
      CHECK(gave_up == 1);
      CHECK(p.transport.dials() <= 2);
      // A connect of the user's starts from the beginning.
      p.transport.silent_disconnect = false;
      p.transport.script({});
      if (p.run<ConnectOperation>().succeeded()) p.transport.drop();
      p.settle();
      CHECK(gave_up >= 1);
    }
  }
}

// The far end of a whole fleet: refuses every dial while it is down, and counts dials by second.
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

// Counts how many of 10,000 clients dial in each second after a hub goes down for a minute.
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
  // Every ten seconds all of them dial at the same moment. The other policy prevents that.
  CHECK(worst_after_return(outage(nullptr)) == 10000);
  const FleetEnd::Hub spread = outage(std::make_shared<ExponentialBackoff>());
  CHECK(worst_after_return(spread) < 500);
  // The load falls during the outage: less than one dial a client in the second half of the minute.
  int second_half = 0;
  for (std::size_t s = 30; s < 60; ++s) second_half += spread.dials_in_second[s];
  CHECK(second_half < 10000);
}

}  // namespace
}  // namespace azure::iot::device
