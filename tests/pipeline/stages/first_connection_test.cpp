// The option `retry_first_connection`: a connect waits for the network.
#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "pipeline/stages/auto_connect_stage.hpp"
#include "pipeline/stages/connection_retry_stage.hpp"
#include "support/test_pipeline.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using namespace test;
using Strings = std::vector<std::string>;
using enum ConnectionState;

struct Waiting : TestPipeline<AutoConnectStage, ConnectionRetryStage> {
  explicit Waiting(PipelineConfig config = {}) : TestPipeline(patient(std::move(config))) {}
  static PipelineConfig patient(PipelineConfig config) {
    config.retry_first_connection = true;
    return config;
  }
  // Whether nothing is pending or due.
  bool at_rest() { return state() == disconnected && loop().pending_timers() == 0; }
};

TEST_CASE("First connection: a connect is tried every interval until one attempt succeeds") {
  Waiting p{{.connection_retry_interval = 7s}};
  p.transport.script({refuse, refuse});
  auto connect = p.run<ConnectOperation>();
  CHECK(p.transport.dials() == 1);  // At once.
  p.advance(7s - 1ns);
  CHECK(p.transport.dials() == 1);
  p.advance(1ns);
  CHECK(p.transport.dials() == 2);
  p.advance(7s - 1ns);
  CHECK_FALSE(connect.completed());
  p.advance(1ns);
  CHECK(connect.succeeded());
  CHECK(p.history == Strings{"ConnectedEvent", "ConnectOperation: ok"});  // Nothing reported.
  CHECK(p.loop().pending_timers() == 0);
}

TEST_CASE("First connection: without the option a connect is one attempt") {
  TestPipeline<AutoConnectStage, ConnectionRetryStage> p;
  p.transport.script({refuse});
  CHECK(p.run<ConnectOperation>().errc() == Errc::connection_failed);
  p.advance(1h);
  CHECK(p.transport.dials() == 1);
}

TEST_CASE("First connection: a connect fails at its deadline, with the last failure as cause") {
  Waiting p;
  p.transport.otherwise = refuse;
  auto connect = p.run_within<ConnectOperation>(25s);
  p.advance(25s - 1ns);
  CHECK_FALSE(connect.completed());
  p.advance(1ns);
  CHECK(connect.errc() == Errc::timed_out);
  CHECK(connect.error().cause().code() == Errc::connection_failed);
  CHECK(p.transport.dials() == 3);  // At 0, 10 and 20 s.
  CHECK(p.at_rest());
  CHECK(p.events.names.empty());
}

TEST_CASE("First connection: at the deadline no further attempt is begun") {
  for (const Duration limit : {10s, 20s}) {
    Waiting p;
    p.transport.otherwise = refuse;
    auto connect = p.run_within<ConnectOperation>(limit);
    p.advance(limit);
    CHECK(connect.errc() == Errc::timed_out);
    CHECK(p.transport.dials() == static_cast<std::size_t>(limit / 10s));
    CHECK(p.at_rest());
  }
}

TEST_CASE("First connection: the deadline cuts an attempt short, the first one and a later one") {
  for (const bool first : {true, false}) {
    Waiting p;
    if (first) {
      p.transport.script({stall});
    } else {
      p.transport.script({refuse, stall});
    }
    auto connect = p.run_within<ConnectOperation>(15s);
    p.advance(15s - 1ns);
    CHECK(p.state() == connecting);
    p.advance(1ns);
    CHECK(connect.errc() == Errc::timed_out);
    CHECK(p.at_rest());
    p.advance(1h);
    CHECK(p.transport.dials() == (first ? 1 : 2));
  }
}

TEST_CASE("First connection: only what may pass is tried again") {
  for (const Errc code : {Errc::connection_failed, Errc::connection_dropped, Errc::timed_out,
                          Errc::tls_exchange_auth, Errc::operation_error}) {
    Waiting p;
    p.transport.script({refuse_with(code)});
    auto connect = p.run<ConnectOperation>();
    p.advance(10s);
    CHECK(connect.succeeded());
  }
  for (const Errc code : {Errc::unauthorized, Errc::protocol_client, Errc::protocol_proxy,
                          Errc::operation_cancelled, Errc::pipeline_not_running}) {
    CAPTURE(to_string(code));
    Waiting p;
    p.transport.script({refuse, refuse_with(code)});
    auto connect = p.run<ConnectOperation>();
    auto publish = p.run<MqttPublishOperation>("topic", "");
    p.advance(10s);
    CHECK(connect.errc() == code);
    CHECK(publish.errc() == code);
    CHECK(p.at_rest());
    CHECK(p.events.names.empty());
  }
}

struct TwoMore final : RetryPolicy {
  std::optional<Duration> next_pause(const Failure& failure) const override {
    asked.push_back(failure.failures);
    return failure.failures <= 2 ? std::optional<Duration>(failure.failures * 3s) : std::nullopt;
  }
  mutable std::vector<int> asked;
};

TEST_CASE("First connection: the retry policy spaces the attempts, and may give up") {
  const auto policy = std::make_shared<TwoMore>();
  Waiting p{{.connection_retry_interval = 1s, .retry_policy = policy}};
  p.transport.otherwise = refuse;
  auto connect = p.run<ConnectOperation>();
  p.advance(3s - 1ns);
  CHECK(p.transport.dials() == 1);
  p.advance(1ns + 6s - 1ns);
  CHECK(p.transport.dials() == 2);
  CHECK_FALSE(connect.completed());
  p.advance(1ns);
  CHECK(connect.errc() == Errc::connection_failed);
  CHECK(p.transport.dials() == 3);
  CHECK(policy->asked == std::vector{1, 2, 3});
  CHECK(p.at_rest());
  CHECK(p.events.names.empty());  // The caller has the error.
}

TEST_CASE("First connection: no policy is asked about a failure that will not pass") {
  const auto policy = std::make_shared<TwoMore>();
  Waiting p{{.retry_policy = policy}};
  p.transport.script({refuse_with(Errc::unauthorized)});
  CHECK(p.run<ConnectOperation>().errc() == Errc::unauthorized);
  CHECK(policy->asked.empty());
}

TEST_CASE("First connection: an attempt goes on for the most patient caller") {
  for (const bool hasty_first : {true, false}) {
    Waiting p;
    p.transport.script({refuse, late});
    auto first = p.run_within<ConnectOperation>(hasty_first ? 15s : 60s);
    auto second = p.run_within<ConnectOperation>(hasty_first ? 60s : 15s);
    p.advance(15s);
    CHECK((hasty_first ? first : second).errc() == Errc::timed_out);
    CHECK(p.state() == connecting);
    p.transport.release();
    p.settle();
    CHECK((hasty_first ? second : first).succeeded());
    CHECK(p.transport.dials() == 2);
  }
}

TEST_CASE("First connection: connects and sends share the attempts, and none hastens them") {
  Waiting p;
  p.transport.script({refuse, refuse});
  std::vector<Run<MqttPublishOperation>> publishes;
  std::vector<Run<ConnectOperation>> connects;
  const auto add = [&] {
    publishes.push_back(p.run<MqttPublishOperation>("topic", ""));
    connects.push_back(p.run<ConnectOperation>());
  };
  add();          // The first begins an attempt,
  p.advance(3s);  // and while the next is due
  for (int i = 0; i < 100; ++i) add();
  p.advance(7s - 1ns);
  CHECK(p.transport.dials() == 1);
  p.advance(1ns);
  CHECK(p.transport.dials() == 2);
  add();
  p.advance(10s);
  CHECK(p.transport.dials() == 3);
  for (const auto& publish : publishes) CHECK(publish.succeeded());
  for (const auto& connect : connects) CHECK(connect.succeeded());
  CHECK(p.transport.published().size() == publishes.size());
}

TEST_CASE("First connection: each waits until its own deadline, while the attempts go on") {
  Waiting p;
  p.transport.script({refuse, refuse, refuse});
  auto hasty = p.run_within<MqttPublishOperation>(5s, "hasty", "");
  auto hasty_connect = p.run_within<ConnectOperation>(15s);
  auto patient = p.run_within<MqttPublishOperation>(1min, "patient", "");
  p.advance(5s - 1ns);
  CHECK_FALSE(hasty.completed());
  p.advance(1ns);
  CHECK(hasty.errc() == Errc::timed_out);
  CHECK(hasty.error().cause().code() == Errc::connection_failed);
  p.advance(10s);
  CHECK(hasty_connect.errc() == Errc::timed_out);
  p.advance(15s);
  CHECK(patient.succeeded());
  CHECK(p.transport.published() == Strings{"patient"});
}

TEST_CASE("First connection: a call that has ended has no further attempt made") {
  Waiting p;
  p.transport.otherwise = refuse;
  auto publish = p.run_within<MqttPublishOperation>(5s, "topic", "");
  p.advance(5s);
  CHECK(publish.errc() == Errc::timed_out);
  p.advance(1h);
  CHECK(p.transport.dials() == 1);
  CHECK(p.at_rest());
}

TEST_CASE("First connection: sends with short deadlines leave nothing behind") {
  Waiting p;
  p.transport.otherwise = refuse;
  for (int i = 0; i < 1000; ++i) {
    auto publish = p.run_within<MqttPublishOperation>(500ms, "topic", "");
    p.advance(500ms);
    CHECK(publish.errc() == Errc::timed_out);
  }
  CHECK(p.transport.dials() <= 51);  // The pauses apply to all of them together.
  p.advance(10s);
  CHECK(p.at_rest());
}

TEST_CASE(
    "First connection: a disconnect cancels what waits, at once, and what comes later dials") {
  Waiting p;
  p.transport.otherwise = refuse;
  auto connect = p.run<ConnectOperation>();
  auto publish = p.run<MqttPublishOperation>("topic", "");
  p.advance(10s);
  CHECK(p.run<DisconnectOperation>().succeeded());
  CHECK(connect.errc() == Errc::operation_cancelled);
  CHECK(publish.errc() == Errc::operation_cancelled);
  CHECK(p.at_rest());
  p.transport.otherwise = accept;
  CHECK(p.run<ConnectOperation>().succeeded());
  CHECK(p.transport.dials() == 3);
}

TEST_CASE("First connection: a disconnect during an attempt that fails cancels what waits") {
  Waiting p;
  p.transport.script({refuse, late});
  auto connect = p.run<ConnectOperation>();
  auto publish = p.run<MqttPublishOperation>("topic", "");
  p.advance(10s);
  auto disconnect = p.run<DisconnectOperation>();
  CHECK_FALSE(disconnect.completed());
  p.advance(60s);  // The transport never answers.
  CHECK(disconnect.succeeded());
  CHECK(connect.errc() == Errc::operation_cancelled);
  CHECK(publish.errc() == Errc::operation_cancelled);
  CHECK(p.at_rest());
}

TEST_CASE("First connection: shutdown cancels what waits, between attempts and during one") {
  for (const bool during : {true, false}) {
    Waiting p;
    p.transport.script({refuse, stall});
    auto connect = p.run<ConnectOperation>();
    auto publish = p.run<MqttPublishOperation>("topic", "");
    p.advance(during ? 10s : 9s);
    CHECK(p.run<ShutdownPipelineOperation>().succeeded());
    CHECK(connect.errc() == Errc::operation_cancelled);
    CHECK(publish.errc() == Errc::operation_cancelled);
    CHECK(p.at_rest());
    CHECK(p.events.names.empty());
  }
}

TEST_CASE("First connection: an update of the token dials, and what waits gets the connection") {
  Waiting p;
  p.transport.script({refuse});
  auto connect = p.run<ConnectOperation>();
  p.advance(3s);
  CHECK(p.run<ReauthorizeConnectionOperation>().succeeded());
  CHECK(connect.succeeded());
  CHECK(p.transport.dials() == 2);
  CHECK(p.loop().pending_timers() == 0);
}

TEST_CASE("First connection: an update of the token that fails leaves what waits to its pace") {
  for (const Errc code : {Errc::connection_failed, Errc::unauthorized}) {
    Waiting p;
    p.transport.script({refuse, refuse_with(code)});
    auto connect = p.run<ConnectOperation>();
    p.advance(3s);
    CHECK(p.run<ReauthorizeConnectionOperation>().errc() == code);
    const bool passes = code == Errc::connection_failed;
    CHECK(connect.errc() == (passes ? Errc::ok : code));
    CHECK(connect.completed() != passes);
    p.advance(7s);
    CHECK(connect.succeeded() == passes);
    CHECK(p.transport.dials() == (passes ? 3 : 2));
  }
}

TEST_CASE("First connection: a lost link is waited for as well, without hastening the redial") {
  Waiting p;
  p.run<ConnectOperation>();
  p.transport.script({refuse, refuse});
  p.transport.drop();
  p.advance(10ms);  // The first redial is refused.
  auto publish = p.run<MqttPublishOperation>("topic", "");
  auto connect = p.run_within<ConnectOperation>(15s);
  CHECK(p.transport.dials() == 2);
  p.advance(10s);
  CHECK(p.transport.dials() == 3);
  CHECK_FALSE(publish.completed());
  p.advance(5s);
  CHECK(connect.errc() == Errc::timed_out);
  p.advance(5s);
  CHECK(publish.succeeded());
  // The loss and each redial are reported, as without callers.
  CHECK(p.events.background_errors.size() == 3);
}

TEST_CASE("First connection: where lost links stay down, a connect waits for the network") {
  Waiting p{{.connection_retry = false}};
  p.run<ConnectOperation>();
  p.transport.drop();
  p.advance(1h);
  CHECK(p.transport.dials() == 1);
  p.transport.script({refuse});
  auto connect = p.run<ConnectOperation>();
  p.advance(10s);
  CHECK(connect.succeeded());
}

TEST_CASE("First connection: with an unlimited connect the chain keeps nothing of its attempts") {
  Waiting p;
  p.transport.otherwise = refuse;
  auto connect = p.run<ConnectOperation>();
  p.advance(24h);
  CHECK(p.transport.dials() == 24 * 360 + 1);
  CHECK(p.loop().pending_timers() == 1);
  p.transport.otherwise = accept;
  p.advance(10s);
  CHECK(connect.succeeded());
}

}  // namespace
}  // namespace azure::iot::device
