// Reads of the twin that fail, get no answer, or are interrupted.
#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/iothub/stages/ensure_pipeline.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using namespace test;

TEST_CASE("EnsureDesiredProperties: a read that fails is tried again after pauses that double") {
  EnsurePipeline p;
  p.twin.status = 429;
  p.run<ConnectOperation>();
  int requests = 1;
  for (Duration pause = 1s; pause <= 32s; pause *= 2) {
    CHECK(p.twin.requests == requests);
    p.advance(pause - 1ns);
    CHECK(p.twin.requests == requests);
    p.advance(1ns);
    CHECK(p.twin.requests == ++requests);
  }
  REQUIRE(p.events.background_errors.size() == 1);  // The stage gives up.
  CHECK(p.events.background_errors[0].cause().service_status() == 429);
  p.advance(24h);
  CHECK(p.twin.requests == 7);
}

TEST_CASE("EnsureDesiredProperties: the next connect reads anew, however often it failed before") {
  EnsurePipeline p;
  p.twin.status = 500;
  p.run<ConnectOperation>();
  p.advance(1h);
  CHECK(p.twin.requests == 7);
  p.reconnect();
  CHECK(p.twin.requests == 8);
  p.twin.status = 200;
  p.advance(1s);  // It retries as before.
  CHECK(p.twin.requests == 9);
  CHECK(p.versions() == std::vector{1});
  CHECK(p.loop().pending_timers() == 0);
}

TEST_CASE("EnsureDesiredProperties: a retry that succeeds sends up what it read, and is the last") {
  EnsurePipeline p;
  p.twin.status = 500;
  p.run<ConnectOperation>();
  p.twin.status = 200;
  p.advance(1h);
  CHECK(p.twin.requests == 2);
  CHECK(p.versions() == std::vector{1});
  CHECK(p.events.background_errors.empty());
}

TEST_CASE("EnsureDesiredProperties: a retry that comes due while disconnected does not read") {
  EnsurePipeline p;
  p.twin.status = 500;
  p.run<ConnectOperation>();
  p.run<DisconnectOperation>();
  p.advance(1h);
  CHECK(p.twin.requests == 1);
  CHECK(p.events.background_errors.empty());
}

TEST_CASE("EnsureDesiredProperties: one read at a time, and one that is never answered ends") {
  EnsurePipeline p;
  p.twin.silent = true;
  p.run<ConnectOperation>();
  p.reconnect();
  CHECK(p.twin.requests == 1);
  p.twin.silent = false;
  p.advance(kTimeout + 1s - 1ns);
  CHECK(p.twin.requests == 1);
  p.advance(1ns);
  CHECK(p.twin.requests == 2);
  CHECK(p.versions() == std::vector{1});
}

TEST_CASE(
    "EnsureDesiredProperties: a twin without a version is reported, once, and not read again") {
  for (const std::string body :
       {"{}", R"({"desired": {}})", R"({"desired": null})", "null", "[]"}) {
    CAPTURE(body);
    EnsurePipeline p;
    p.twin.body = body;
    p.run<ConnectOperation>();
    p.advance(1h);
    CHECK(p.received.patches.empty());
    CHECK(p.events.background_errors.size() == 1);
    CHECK(p.twin.requests == 1);
  }
}

TEST_CASE(
    "EnsureDesiredProperties: enabled again, it sends up the next twin, whatever came before") {
  for (const int version : {4, 5, 6}) {
    CAPTURE(version);
    EnsurePipeline p;
    p.twin.status = 500;
    p.run<ConnectOperation>();
    p.patch(5);
    p.run<EnableFeatureOperation>(std::string(feature::kTwinPatches));
    p.twin.status = 200;
    p.twin.set_desired(version);
    p.advance(1s);
    CHECK(p.versions() == std::vector{5, version});
  }
}

TEST_CASE("EnsureDesiredProperties: without an operation_timeout a read waits for ever") {
  TestHubPipeline<EnsureDesiredPropertiesStage, TwinRequestResponseStage,
                  CoordinateRequestAndResponseStage, IotHubMqttTranslationStage>
      p({.operation_timeout = Duration::zero()});
  p.run<EnableFeatureOperation>(std::string(feature::kTwinPatches));
  p.twin.silent = true;
  p.run<ConnectOperation>();
  p.advance(24h);
  CHECK(p.twin.requests == 1);
  CHECK(p.events.background_errors.empty());
}

TEST_CASE("EnsureDesiredProperties: a chain that is closed reads no more") {
  EnsurePipeline p;
  p.twin.status = 500;
  p.run<ConnectOperation>();
  CHECK(p.loop().pending_timers() == 1);
  p.close();
  CHECK(p.loop().pending_timers() == 0);
}

TEST_CASE("EnsureDesiredProperties: shutdown ends the reading, without a report") {
  EnsurePipeline p;
  p.twin.status = 500;
  p.run<ConnectOperation>();
  p.run<ShutdownPipelineOperation>();
  CHECK(p.loop().pending_timers() == 0);
  p.advance(1h);
  CHECK(p.twin.requests == 1);
  CHECK(p.events.background_errors.empty());
}

TEST_CASE("EnsureDesiredProperties: shutdown ends a read under way, without a report") {
  EnsurePipeline p;
  p.twin.silent = true;
  p.run<ConnectOperation>();
  p.run<ShutdownPipelineOperation>();
  p.advance(1h);
  CHECK(p.twin.requests == 1);
  CHECK(p.events.background_errors.empty());
}

}  // namespace
}  // namespace azure::iot::device
