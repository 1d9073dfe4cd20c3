#include "pipeline/stages/retry_stage.hpp"

#include <chrono>

#include <doctest/doctest.h>

#include "pipeline/stages/op_timeout_stage.hpp"
#include "support/test_pipeline.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using namespace test;
// The stage below produces the timeouts that it retries, each after 10 s.
using RetryPipeline = TestPipeline<RetryStage, OpTimeoutStage>;

TEST_CASE("Retry: a subscribe that timed out is tried again twenty seconds later") {
  RetryPipeline p;
  p.transport.script_acks({stall});
  auto subscribe = p.run<MqttSubscribeOperation>("topic");
  p.advance(10s);
  p.advance(20s - 1ns);
  CHECK(p.transport.subscribed().size() == 1);
  CHECK_FALSE(subscribe.completed());
  p.advance(1ns);
  CHECK(p.transport.subscribed().size() == 2);
  CHECK(subscribe.succeeded());
}

TEST_CASE("Retry: so is an unsubscribe") {
  RetryPipeline p;
  p.transport.script_acks({stall});
  auto unsubscribe = p.run<MqttUnsubscribeOperation>("topic");
  p.advance(30s - 1ns);
  CHECK(p.transport.packets().size() == 1);
  p.advance(1ns);
  CHECK(p.transport.packets().size() == 2);
  CHECK(unsubscribe.succeeded());
}

TEST_CASE("Retry: every attempt that times out is tried again, without an end of its own") {
  RetryPipeline p;
  for (int i = 0; i < 100; ++i) p.transport.script_acks({stall});
  auto subscribe = p.run<MqttSubscribeOperation>("topic");
  p.advance(100 * 30s - 1ns);
  CHECK(p.transport.subscribed().size() == 100);
  CHECK_FALSE(subscribe.completed());
  p.advance(1ns);
  CHECK(subscribe.succeeded());
}

TEST_CASE("Retry: any other failure passes at once, and nothing more is sent") {
  RetryPipeline p;
  p.transport.script_acks({refuse_with(Errc::connection_dropped)});
  CHECK(p.run<MqttSubscribeOperation>("topic").errc() == Errc::connection_dropped);
  p.advance(1h);
  CHECK(p.transport.subscribed().size() == 1);
}

TEST_CASE("Retry: a subscribe that the service refuses is not tried again") {
  RetryPipeline p;
  p.transport.script_acks({refuse_with(Error(Errc::protocol_client, "SUBACK 0x80"))});
  CHECK(p.run<MqttSubscribeOperation>("topic").errc() == Errc::protocol_client);
  p.advance(1h);
  CHECK(p.transport.subscribed().size() == 1);
}

TEST_CASE("Retry: a publish is not its concern, also if it times out") {
  RetryPipeline p;
  p.transport.script_acks({stall});
  auto publish = p.run_within<MqttPublishOperation>(5s, "topic", "payload");
  p.advance(5s);
  CHECK(publish.errc() == Errc::timed_out);
  p.advance(1h);
  CHECK(p.transport.published().size() == 1);
}

TEST_CASE("Retry: what waits for its next attempt fails at its own deadline") {
  RetryPipeline p;
  p.transport.script_acks({stall});
  auto subscribe = p.run_within<MqttSubscribeOperation>(15s, "topic");
  p.advance(15s - 1ns);
  CHECK_FALSE(subscribe.completed());
  p.advance(1ns);
  CHECK(subscribe.errc() == Errc::timed_out);
  p.advance(1h);
  CHECK(p.transport.subscribed().size() == 1);
}

TEST_CASE("Retry: a deadline at the very time of the next attempt ends it, in one advance") {
  RetryPipeline p;
  p.transport.otherwise = stall;
  auto subscribe = p.run_within<MqttSubscribeOperation>(240s, "topic");  // As by default.
  p.advance(240s);
  CHECK(subscribe.errc() == Errc::timed_out);
  CHECK(p.transport.subscribed().size() == 8);
  CHECK(p.loop().pending_timers() == 0);
}

TEST_CASE("Retry: a deadline that comes during an attempt ends it, though the attempt had longer") {
  RetryPipeline p;
  p.transport.script_acks({stall, stall});
  auto subscribe = p.run_within<MqttSubscribeOperation>(33s, "topic");
  p.advance(33s - 1ns);
  CHECK(p.transport.subscribed().size() == 2);
  CHECK_FALSE(subscribe.completed());
  p.advance(1ns);
  CHECK(subscribe.errc() == Errc::timed_out);
  CHECK(p.loop().pending_timers() == 0);
}

TEST_CASE("Retry: an acknowledgement of the attempt before does not count for the next one") {
  RetryPipeline p;
  p.transport.script_acks({late, stall});
  auto subscribe = p.run<MqttSubscribeOperation>("topic");
  p.advance(30s);
  CHECK(p.transport.subscribed().size() == 2);
  p.transport.release();  // The acknowledgement of the first attempt, which has timed out.
  p.settle();
  CHECK_FALSE(subscribe.completed());
  p.advance(30s);
  CHECK(subscribe.succeeded());
}

TEST_CASE("Retry: shutdown cancels what waits for its next attempt") {
  RetryPipeline p;
  p.transport.script_acks({stall});
  auto subscribe = p.run<MqttSubscribeOperation>("topic");
  p.advance(10s);
  CHECK(p.run<ShutdownPipelineOperation>().succeeded());
  CHECK(subscribe.errc() == Errc::operation_cancelled);
  CHECK(p.loop().pending_timers() == 0);
  p.advance(1h);
  CHECK(p.transport.subscribed().size() == 1);
}

}  // namespace
}  // namespace azure::iot::device
