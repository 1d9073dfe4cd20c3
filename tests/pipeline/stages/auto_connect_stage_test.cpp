#include "pipeline/stages/auto_connect_stage.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "pipeline/stages/connection_retry_stage.hpp"
#include "support/test_pipeline.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using namespace test;
using Strings = std::vector<std::string>;
using AutoConnectPipeline = TestPipeline<AutoConnectStage, ConnectionRetryStage>;

TEST_CASE("AutoConnect: connects for an operation that needs a connection, then runs it") {
  AutoConnectPipeline p;
  auto publish = p.run<MqttPublishOperation>("topic", "payload");
  CHECK(publish.succeeded());
  CHECK(p.transport.dials() == 1);
  CHECK(p.transport.published() == Strings{"topic"});
  CHECK(p.history == Strings{"ConnectedEvent", "MqttPublishOperation: ok"});
}

TEST_CASE("AutoConnect: dials once for all operations that wait") {
  AutoConnectPipeline p;
  p.begin<MqttPublishOperation>("1", "");
  p.begin<MqttSubscribeOperation>("2");
  p.begin<MqttPublishOperation>("3", "");
  CHECK(p.transport.packets().empty());
  p.settle();
  CHECK(p.transport.dials() == 1);
  // As in Python, operations that waited for the connect run before its caller is called back.
  CHECK(p.transport.published() == Strings{"3", "1"});
  CHECK(p.transport.subscribed() == Strings{"2"});
}

TEST_CASE("AutoConnect: does not dial while connected, nor for what needs no connection") {
  AutoConnectPipeline p;
  CHECK(p.run<DisconnectOperation>().succeeded());
  CHECK(p.transport.dials() == 0);
  p.run<ConnectOperation>();
  CHECK(p.run<MqttPublishOperation>("topic", "").succeeded());
  CHECK(p.transport.dials() == 1);
}

TEST_CASE("AutoConnect: fails the operation with the error of the connect, and sends nothing") {
  AutoConnectPipeline p;
  p.transport.script({refuse_with(Errc::unauthorized)});
  auto publish = p.run<MqttPublishOperation>("topic", "");
  CHECK(publish.errc() == Errc::unauthorized);
  p.advance(1h);
  CHECK(p.transport.packets().empty());
  CHECK(p.transport.dials() == 1);
}

TEST_CASE("AutoConnect: operations that wait for one connect share its outcome") {
  for (const int waiting : {10, 100, 1000}) {
    CAPTURE(waiting);
    AutoConnectPipeline p;
    p.transport.script({refuse_with(Errc::unauthorized)});
    std::vector<Run<MqttPublishOperation>> publishes;
    for (int i = 0; i < waiting; ++i) {
      publishes.push_back(p.begin<MqttPublishOperation>("topic", ""));
    }
    p.settle();
    for (const auto& publish : publishes) CHECK(publish.errc() == Errc::unauthorized);
    CHECK(p.transport.dials() == 1);
    // A later one starts another attempt.
    CHECK(p.run<MqttPublishOperation>("topic", "").succeeded());
    CHECK(p.transport.dials() == 2);
  }
}

TEST_CASE("AutoConnect: where it is off, the operation goes down without a connection") {
  AutoConnectPipeline p{{.auto_connect = false}};
  p.transport.fail_calls({Errc::no_connection});
  CHECK(p.run<MqttPublishOperation>("topic", "").errc() == Errc::no_connection);
  CHECK(p.transport.dials() == 0);
}

TEST_CASE("AutoConnect: an operation that waits for the connection fails at its deadline") {
  AutoConnectPipeline p;
  p.transport.script({late});
  auto publish = p.run_within<MqttPublishOperation>(5s, "topic", "");
  p.advance(5s - 1ns);
  CHECK_FALSE(publish.completed());
  p.advance(1ns);
  CHECK(publish.errc() == Errc::timed_out);
  p.transport.release();  // The connection is established after all.
  p.settle();
  CHECK(p.nucleus().connected());
  CHECK(p.transport.packets().empty());
}

TEST_CASE("AutoConnect: the deadline of one operation does not end the connect of another") {
  AutoConnectPipeline p;
  p.transport.script({late});
  auto hasty = p.run_within<MqttPublishOperation>(1s, "hasty", "");
  auto patient = p.run<MqttPublishOperation>("patient", "");
  p.advance(1s);
  CHECK(hasty.errc() == Errc::timed_out);
  CHECK_FALSE(patient.completed());
  p.transport.release();
  p.settle();
  CHECK(patient.succeeded());
  CHECK(p.transport.dials() == 1);
  CHECK(p.transport.published() == Strings{"patient"});
}

TEST_CASE("AutoConnect: a link that is gone again by then is dialled once more") {
  AutoConnectPipeline p;
  auto publish = p.begin<MqttPublishOperation>("topic", "");
  p.begin<DisconnectOperation>();  // Waits for the connect, then disconnects.
  p.settle();
  CHECK(publish.succeeded());
  CHECK(p.transport.dials() == 2);
  CHECK(p.transport.published() == Strings{"topic"});
}

TEST_CASE("AutoConnect: shutdown cancels the connect, and so what waits for it") {
  AutoConnectPipeline p;
  p.transport.script({stall});
  auto publish = p.run<MqttPublishOperation>("topic", "");
  CHECK(p.run<ShutdownPipelineOperation>().succeeded());
  CHECK(publish.errc() == Errc::operation_cancelled);
  p.advance(1h);
  CHECK(p.transport.dials() == 1);
  CHECK(p.transport.packets().empty());
}

}  // namespace
}  // namespace azure::iot::device
