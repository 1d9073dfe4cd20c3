#include "pipeline/stages/op_timeout_stage.hpp"

#include <chrono>

#include <doctest/doctest.h>

#include "support/test_pipeline.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using namespace test;
using TimeoutPipeline = TestPipeline<OpTimeoutStage>;

TEST_CASE("OpTimeout: a subscribe without an acknowledgement times out after ten seconds") {
  TimeoutPipeline p;
  p.transport.script_acks({stall});
  auto subscribe = p.run<MqttSubscribeOperation>("topic");
  p.advance(10s - 1ns);
  CHECK_FALSE(subscribe.completed());
  p.advance(1ns);
  CHECK(subscribe.errc() == Errc::timed_out);
}

TEST_CASE("OpTimeout: so does an unsubscribe") {
  TimeoutPipeline p;
  p.transport.script_acks({stall});
  auto unsubscribe = p.run<MqttUnsubscribeOperation>("topic");
  p.advance(10s - 1ns);
  CHECK_FALSE(unsubscribe.completed());
  p.advance(1ns);
  CHECK(unsubscribe.errc() == Errc::timed_out);
}

TEST_CASE("OpTimeout: a publish waits as long as it takes, since MQTT repeats it") {
  TimeoutPipeline p;
  p.transport.script_acks({late});
  auto publish = p.run<MqttPublishOperation>("topic", "payload");
  p.advance(24h);
  CHECK_FALSE(publish.completed());
  p.transport.release();
  p.settle();
  CHECK(publish.succeeded());
}

TEST_CASE("OpTimeout: an acknowledgement in time leaves no deadline behind") {
  TimeoutPipeline p;
  p.transport.script_acks({late});
  auto subscribe = p.run<MqttSubscribeOperation>("topic");
  p.advance(10s - 1ns);
  p.transport.release();
  p.settle();
  CHECK(subscribe.succeeded());
  CHECK(subscribe.op().deadline == kNever);
  CHECK(p.loop().pending_timers() == 0);
}

TEST_CASE("OpTimeout: an acknowledgement that comes later is ignored") {
  TimeoutPipeline p;
  p.transport.script_acks({late});
  auto subscribe = p.run<MqttSubscribeOperation>("topic");
  p.advance(10s);
  CHECK(subscribe.errc() == Errc::timed_out);
  p.transport.release();
  p.settle();
  CHECK(subscribe.errc() == Errc::timed_out);
  CHECK(p.events.names.empty());
}

TEST_CASE("OpTimeout: the deadline of the operation itself comes first if it is earlier") {
  TimeoutPipeline p;
  p.transport.script_acks({stall});
  auto subscribe = p.run_within<MqttSubscribeOperation>(3s, "topic");
  p.advance(3s - 1ns);
  CHECK_FALSE(subscribe.completed());
  p.advance(1ns);
  CHECK(subscribe.errc() == Errc::timed_out);
}

TEST_CASE("OpTimeout: the deadline of the attempt is taken off on the way back") {
  TimeoutPipeline p;
  p.transport.script_acks({stall});
  auto subscribe = p.run_within<MqttSubscribeOperation>(1min, "topic");
  p.advance(10s);
  CHECK(subscribe.errc() == Errc::timed_out);
  CHECK(subscribe.op().deadline == SteadyTime(1min));
}

TEST_CASE("OpTimeout: a refusal passes as it is") {
  TimeoutPipeline p;
  p.transport.script_acks({refuse_with(Errc::unauthorized)});
  CHECK(p.run<MqttSubscribeOperation>("topic").errc() == Errc::unauthorized);
}

}  // namespace
}  // namespace azure::iot::device
