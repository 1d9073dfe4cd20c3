#include "pipeline/stages/connection_retry_stage.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/test_pipeline.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using namespace test;
using Strings = std::vector<std::string>;
using RedialPipeline = TestPipeline<ConnectionRetryStage>;
using enum ConnectionState;

TEST_CASE("ConnectionRetry: a dropped link is redialled every interval until it holds") {
  RedialPipeline p{{.connection_retry_interval = 7s}};
  p.run<ConnectOperation>();
  p.transport.script({refuse, refuse});
  p.transport.drop();
  p.advance(10ms - 1ns);
  CHECK(p.transport.dials() == 1);
  p.advance(1ns);
  CHECK(p.transport.dials() == 2);  // At once; refused.
  p.advance(7s - 1ns);
  CHECK(p.transport.dials() == 2);  // Not early.
  p.advance(1ns);
  CHECK(p.transport.dials() == 3);  // Refused again.
  p.advance(7s);
  CHECK(p.nucleus().connected());
  p.advance(1h);
  CHECK(p.transport.dials() == 4);
}

TEST_CASE("ConnectionRetry: links that do not hold are redialled at once ten times, then slowly") {
  TestPipeline<ConnectionRetryStage> p{{.connection_retry_interval = 60s}};
  p.run<ConnectOperation>();
  const auto redialled_within = [&](Duration time) {
    const auto dials = p.transport.dials();
    p.transport.drop();
    p.advance(time);
    return p.transport.dials() == dials + 1;
  };
  const auto hold = [&](Duration time) { p.advance(time); };
  for (int i = 0; i < 10; ++i) {
    hold(10s - 11ms);  // It is up 10 ms after the drop.
    CHECK(redialled_within(10ms));
  }
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(redialled_within(60s - 1ms));
    p.advance(1ms);
    CHECK(p.nucleus().connected());
  }
  hold(10s);
  CHECK(redialled_within(10ms));
}

TEST_CASE("ConnectionRetry: a disconnect of the user's forgets links that did not hold") {
  TestPipeline<ConnectionRetryStage> p;
  for (int i = 0; i < 20; ++i) {
    p.run<ConnectOperation>();
    p.transport.drop();
    p.advance(10ms);
    CHECK(p.nucleus().connected());
    p.run<DisconnectOperation>();
  }
}

TEST_CASE("ConnectionRetry: each redial that fails is reported, and the drop itself") {
  RedialPipeline p;
  p.run<ConnectOperation>();
  p.transport.script({refuse});
  p.transport.drop();
  p.advance(10ms);
  REQUIRE(p.events.background_errors.size() == 2);
  CHECK(p.events.background_errors[0].code() == Errc::connection_dropped);
  CHECK(p.events.background_errors[1].code() == Errc::connection_failed);
}

TEST_CASE("ConnectionRetry: only a transient failure is redialled") {
  RedialPipeline p;
  for (const Errc code : {Errc::tls_exchange_auth, Errc::timed_out, Errc::operation_cancelled}) {
    p.run<ConnectOperation>();
    p.transport.script({refuse_with(code)});
    p.transport.drop();
    p.advance(10s + 10ms);
    CHECK(p.nucleus().connected());
  }
  for (const Errc code : {Errc::unauthorized, Errc::protocol_proxy, Errc::protocol_client}) {
    p.run<ConnectOperation>();
    p.transport.script({refuse_with(code)});
    p.transport.drop();
    p.advance(1h);
    CHECK(p.state() == disconnected);
    CHECK(p.loop().pending_timers() == 0);
  }
}

TEST_CASE("ConnectionRetry: where it is off, a dropped link stays down") {
  RedialPipeline p{{.connection_retry = false}};
  p.run<ConnectOperation>();
  p.transport.drop();
  p.advance(1h);
  CHECK(p.transport.dials() == 1);
  CHECK(p.state() == disconnected);
}

TEST_CASE("ConnectionRetry: a connect that fails is not redialled: its caller knows") {
  RedialPipeline p;
  p.transport.script({refuse});
  CHECK(p.run<ConnectOperation>().errc() == Errc::connection_failed);
  p.advance(1h);
  CHECK(p.transport.dials() == 1);
}

TEST_CASE(
    "ConnectionRetry: a connect of the user's while a redial is due leaves it due if it fails") {
  RedialPipeline p;
  p.run<ConnectOperation>();
  p.transport.script({refuse, refuse});
  p.transport.drop();
  p.advance(10ms);
  p.run<ConnectOperation>();
  CHECK(p.transport.dials() == 3);
  p.advance(10s - 1ns);
  CHECK(p.transport.dials() == 3);
  p.advance(1ns);
  CHECK(p.nucleus().connected());
}

TEST_CASE("ConnectionRetry: a connect of the user's that succeeds ends the redialling") {
  RedialPipeline p;
  p.run<ConnectOperation>();
  p.transport.script({refuse});
  p.transport.drop();
  p.advance(10ms);
  CHECK(p.run<ConnectOperation>().succeeded());
  CHECK(p.loop().pending_timers() == 0);
  p.advance(1h);
  CHECK(p.transport.dials() == 3);
}

TEST_CASE("ConnectionRetry: a disconnect of the user's ends the redialling") {
  RedialPipeline p;
  p.run<ConnectOperation>();
  p.transport.drop();
  p.settle();
  CHECK(p.run<DisconnectOperation>().succeeded());
  p.advance(1h);
  CHECK(p.transport.dials() == 1);
  CHECK(p.transport.disconnects() == 0);
}

TEST_CASE("ConnectionRetry: a disconnect during a redial that fails ends the redialling") {
  RedialPipeline p;
  p.run<ConnectOperation>();
  p.transport.script({late});
  p.transport.drop();
  p.advance(10ms);
  auto disconnect = p.run<DisconnectOperation>();
  CHECK_FALSE(disconnect.completed());
  p.advance(60s);  // The transport never answered.
  CHECK(disconnect.succeeded());
  p.advance(1h);
  CHECK(p.transport.dials() == 2);
  CHECK(p.state() == disconnected);
}

TEST_CASE(
    "ConnectionRetry: a redial that comes due while the connection changes looks again later") {
  RedialPipeline p;
  p.run<ConnectOperation>();
  p.transport.drop();
  p.settle();
  p.transport.script({stall, refuse});
  p.run<ConnectOperation>();  // Fails with the watchdog after 60 s.
  p.advance(60s);
  CHECK(p.state() == disconnected);
  CHECK(p.transport.dials() == 2);
  p.advance(10ms);  // Checked at 10 ms, and every 10 s since.
  CHECK(p.transport.dials() == 3);
}

TEST_CASE(
    "ConnectionRetry: whatever comes while connecting waits, and runs before the caller hears") {
  RedialPipeline p;
  p.begin<ConnectOperation>();
  p.transport.answers_inside_calls = true;
  p.begin<MqttSubscribeOperation>("topic");
  p.begin<MqttPublishOperation>("topic", "");
  CHECK(p.transport.packets().empty());
  p.settle();
  CHECK(p.transport.dials() == 1);
  CHECK(p.history == Strings{"ConnectedEvent", "MqttSubscribeOperation: ok",
                             "MqttPublishOperation: ok", "ConnectOperation: ok"});
}

TEST_CASE(
    "ConnectionRetry: of the changes that wait each finds the state that the one before left") {
  RedialPipeline p;
  p.begin<ConnectOperation>();
  p.begin<DisconnectOperation>();
  p.begin<ConnectOperation>();
  p.begin<ConnectOperation>();
  p.settle();
  CHECK(p.transport.dials() == 2);
  CHECK(p.transport.disconnects() == 1);
  CHECK(p.nucleus().connected());
}

TEST_CASE("ConnectionRetry: what waits fails at its deadline, and does not run later") {
  RedialPipeline p;
  p.transport.script({late});
  p.run<ConnectOperation>();
  auto subscribe = p.run_within<MqttSubscribeOperation>(5s, "topic");
  p.advance(5s - 1ns);
  CHECK_FALSE(subscribe.completed());
  p.advance(1ns);
  CHECK(subscribe.errc() == Errc::timed_out);
  p.transport.release();
  p.settle();
  CHECK(p.nucleus().connected());
  CHECK(p.transport.packets().empty());
}

TEST_CASE("ConnectionRetry: connects that waited for an attempt that fails fail with it") {
  for (const int waiting : {1, 10, 1000}) {
    RedialPipeline p;
    p.transport.script({refuse_with(Errc::unauthorized)});
    p.begin<ConnectOperation>();
    std::vector<Run<ConnectOperation>> others;
    for (int i = 0; i < waiting; ++i) others.push_back(p.begin<ConnectOperation>());
    p.settle();
    for (const auto& other : others) CHECK(other.errc() == Errc::unauthorized);
    CHECK(p.transport.dials() == 1);
    CHECK(p.run<ConnectOperation>().succeeded());  // A later one starts another attempt.
    CHECK(p.transport.dials() == 2);
  }
}

TEST_CASE("ConnectionRetry: connects that waited for a redial that fails fail with it") {
  RedialPipeline p;
  p.run<ConnectOperation>();
  p.transport.script({late});
  p.transport.drop();
  p.advance(10ms);
  auto connect = p.run<ConnectOperation>();
  p.advance(60s);
  CHECK(connect.errc() == Errc::timed_out);
  CHECK(p.transport.dials() == 2);
  p.advance(10s);
  CHECK(p.nucleus().connected());
}

TEST_CASE(
    "ConnectionRetry: a reauthorization shares a failure, unless the credential was refused") {
  for (const Errc code : {Errc::connection_failed, Errc::unauthorized}) {
    RedialPipeline p;
    p.transport.script({refuse_with(code)});
    p.begin<ConnectOperation>();
    auto disconnect = p.begin<DisconnectOperation>();
    auto again = p.begin<ReauthorizeConnectionOperation>();
    auto connect = p.begin<ConnectOperation>();
    p.settle();
    CHECK(disconnect.succeeded());
    const bool shared = code == Errc::connection_failed;
    CHECK(again.errc() == (shared ? code : Errc::ok));
    CHECK(connect.errc() == (shared ? code : Errc::ok));
    CHECK(p.transport.dials() == (shared ? 1 : 2));
  }
}

TEST_CASE("ConnectionRetry: many changes that wait run in their order") {
  RedialPipeline p;
  constexpr std::size_t kPairs = 500;
  for (std::size_t i = 0; i < kPairs; ++i) {
    p.begin<ConnectOperation>();
    p.begin<DisconnectOperation>();
  }
  p.settle();
  CHECK(p.transport.dials() == kPairs);
  CHECK(p.transport.disconnects() == kPairs);
  CHECK(p.state() == disconnected);
}

TEST_CASE("ConnectionRetry: the state has changed before the event goes up") {
  RedialPipeline p{{.connection_retry = false}};
  std::vector<ConnectionState> seen;
  p.on_event = [&](const Event&) { seen.push_back(p.state()); };
  p.run<ConnectOperation>();
  p.run<DisconnectOperation>();
  CHECK(seen == std::vector{connected, disconnected});
}

TEST_CASE("ConnectionRetry: reauthorizing stays reauthorizing across its disconnect") {
  RedialPipeline p;
  std::vector<ConnectionState> seen;
  p.run<ConnectOperation>();
  p.on_event = [&](const Event&) { seen.push_back(p.state()); };
  CHECK(p.run<ReauthorizeConnectionOperation>().succeeded());
  CHECK(seen == std::vector{reauthorizing, connected});
  CHECK(p.loop().pending_timers() == 0);
}

TEST_CASE("ConnectionRetry: a link is redialled after a reauthorization of it that fails") {
  RedialPipeline p;
  p.run<ConnectOperation>();
  p.transport.script({refuse, refuse});
  CHECK(p.run<ReauthorizeConnectionOperation>().errc() == Errc::connection_failed);
  CHECK(p.state() == disconnected);
  CHECK(p.events.background_errors.empty());  // Its caller has the error.
  p.advance(10s - 1ns);
  CHECK(p.transport.dials() == 2);
  p.advance(1ns);
  CHECK(p.transport.dials() == 3);  // Refused again.
  CHECK(p.events.background_errors.size() == 1);
  p.advance(10s);
  CHECK(p.nucleus().connected());
}

TEST_CASE("ConnectionRetry: a reauthorization without a link that fails is not redialled") {
  RedialPipeline p;
  p.transport.script({refuse});
  CHECK(p.run<ReauthorizeConnectionOperation>().errc() == Errc::connection_failed);
  p.advance(1h);
  CHECK(p.transport.dials() == 1);
}

TEST_CASE(
    "ConnectionRetry: a deadline in either half of a reauthorization is followed by a redial") {
  for (const bool in_disconnect : {true, false}) {
    CAPTURE(in_disconnect);
    RedialPipeline p;
    p.run<ConnectOperation>();
    p.transport.silent_disconnect = in_disconnect;
    if (!in_disconnect) p.transport.script({stall});
    auto again = p.run_within<ReauthorizeConnectionOperation>(5s);
    p.advance(5s);
    CHECK(again.errc() == Errc::timed_out);
    p.transport.silent_disconnect = false;
    p.advance(10s - 1ns);
    CHECK_FALSE(p.nucleus().connected());
    p.advance(1ns);
    CHECK(p.nucleus().connected());
    CHECK(p.loop().pending_timers() == 0);
  }
}

TEST_CASE("ConnectionRetry: a disconnect of the user's ends the redial after a reauthorization") {
  RedialPipeline p;
  p.run<ConnectOperation>();
  p.transport.script({refuse});
  p.run<ReauthorizeConnectionOperation>();
  CHECK(p.run<DisconnectOperation>().succeeded());
  p.advance(1h);
  CHECK(p.transport.dials() == 2);
}

TEST_CASE("ConnectionRetry: shutdown cancels what waits and the change under way, at once") {
  RedialPipeline p;
  p.transport.script({stall});
  auto connect = p.run<ConnectOperation>();
  auto publish = p.run<MqttPublishOperation>("topic", "");
  auto disconnect = p.run<DisconnectOperation>();
  CHECK(p.begin<ShutdownPipelineOperation>().succeeded());
  CHECK(connect.errc() == Errc::operation_cancelled);
  CHECK(publish.errc() == Errc::operation_cancelled);
  CHECK(disconnect.errc() == Errc::operation_cancelled);
  CHECK(p.state() == disconnected);
  CHECK(p.transport.packets().empty());
}

TEST_CASE("ConnectionRetry: after a shutdown nothing is redialled") {
  RedialPipeline p;
  p.run<ConnectOperation>();
  p.transport.drop();
  p.settle();
  p.run<ShutdownPipelineOperation>();
  CHECK(p.loop().pending_timers() == 0);
  p.advance(1h);
  CHECK(p.transport.dials() == 1);
}

TEST_CASE("ConnectionRetry: shutdown in the middle of a redial ends it, without a report") {
  RedialPipeline p;
  p.run<ConnectOperation>();
  p.transport.script({stall});
  p.transport.drop();
  p.advance(10ms);
  const auto reported = p.events.background_errors.size();
  p.run<ShutdownPipelineOperation>();
  p.advance(1h);
  CHECK(p.transport.dials() == 2);
  CHECK(p.events.background_errors.size() == reported);
}

}  // namespace
}  // namespace azure::iot::device
