#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "pipeline/stages/mqtt_transport_stage.hpp"
#include "support/test_pipeline.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using namespace test;
using Bottom = TestPipeline<>;

TEST_CASE("MqttTransport: a pause in reading ends when asked to, and nothing is lost or reported") {
  Bottom p;
  p.run<ConnectOperation>();
  p.run<PauseReadingOperation>(true);
  p.transport.receive("topic");
  p.settle();
  CHECK(p.events.count<IncomingMqttMessageEvent>() == 0);
  p.run<PauseReadingOperation>(false);
  CHECK(p.events.count<IncomingMqttMessageEvent>() == 1);
  p.advance(std::chrono::hours(1));
  CHECK(p.events.background_errors.empty());
}

TEST_CASE("MqttTransport: a pause in reading ends after half the keep-alive, and is reported") {
  Bottom p;
  const Duration half = p.nucleus().options.keep_alive / 2;
  p.run<ConnectOperation>();
  p.run<PauseReadingOperation>(true);
  p.transport.receive("topic");
  p.advance(half - std::chrono::milliseconds(1));
  CHECK(p.events.count<IncomingMqttMessageEvent>() == 0);
  CHECK(p.events.background_errors.empty());
  p.advance(std::chrono::milliseconds(1));
  CHECK(p.events.count<IncomingMqttMessageEvent>() == 1);
  REQUIRE(p.events.background_errors.size() == 1);
  CHECK(p.events.background_errors[0].code() == Errc::user_handler);
}

TEST_CASE("MqttTransport: after a shutdown no pause in reading is reported") {
  Bottom p;
  p.run<ConnectOperation>();
  p.run<PauseReadingOperation>(true);
  p.run<ShutdownPipelineOperation>();
  p.advance(std::chrono::hours(1));
  CHECK(p.events.background_errors.empty());
}

TEST_CASE("MqttTransport: without a keep-alive a pause in reading ends after thirty seconds") {
  Bottom p{{.keep_alive = 0s}};
  p.run<ConnectOperation>();
  p.run<PauseReadingOperation>(true);
  p.advance(30s - 1ns);
  CHECK(p.transport.paused());
  p.advance(1ns);
  CHECK_FALSE(p.transport.paused());
}

TEST_CASE("MqttTransport: a second pause in reading may last as long as the first") {
  Bottom p{{.keep_alive = 60s}};
  p.run<ConnectOperation>();
  p.run<PauseReadingOperation>(true);
  p.advance(20s);
  p.run<PauseReadingOperation>(false);
  p.run<PauseReadingOperation>(true);
  p.advance(30s - 1ns);
  CHECK(p.transport.paused());
  CHECK(p.events.background_errors.empty());
  p.advance(1ns);
  CHECK_FALSE(p.transport.paused());
}

}  // namespace
}  // namespace azure::iot::device
