#include "pipeline/stages/coordinate_request_and_response_stage.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support/test_pipeline.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using namespace test;
using Strings = std::vector<std::string>;

// A minimal service: a request is published under its id, and its response carries that id.
class PlainTranslationStage final : public Handles<PlainTranslationStage, Ops<RequestOperation>,
                                                   Events<IncomingMqttMessageEvent>> {
 public:
  std::string_view name() const override { return "PlainTranslationStage"; }
  void run(Owned<RequestOperation> op) {
    last_request = op->request;
    std::string id = op->request_id;
    send_op_down(make_worker<MqttPublishOperation>(std::move(op), std::move(id), ""));
  }
  void on(const IncomingMqttMessageEvent& event) {
    send_event_up(ResponseEvent(event.topic, 200, event.payload, "7"));
  }
  Request last_request;
};

struct RequestPipeline : TestPipeline<CoordinateRequestAndResponseStage, PlainTranslationStage> {
  RequestPipeline() {
    nucleus().make_request_id = [this] { return "id-" + std::to_string(++ids); };
    run<ConnectOperation>();
    history.clear();
  }
  Run<RequestAndResponseOperation> request() { return run<RequestAndResponseOperation>(kRequest); }
  void respond(std::string_view id, std::string_view body = "body") {
    transport.receive(id, body);
    settle();
  }

  inline static const Request kRequest{"twin", "GET", "/", "request body", Json{{"a", "b"}}};
  int ids = 0;
};

TEST_CASE("CoordinateRequestAndResponse: a request ends with the response that has its id") {
  RequestPipeline p;
  auto first = p.request();
  auto second = p.request();
  CHECK(p.transport.published() == Strings{"id-1", "id-2"});
  CHECK_FALSE(first.completed());  // Acknowledged, but not answered.
  p.respond("id-2", "the second");
  CHECK_FALSE(first.completed());
  REQUIRE(second.succeeded());
  CHECK(second.op().response_body == "the second");
  CHECK(second.op().status_code == 200);
  CHECK(second.op().retry_after == "7");
  p.respond("id-1");
  CHECK(first.succeeded());
}

TEST_CASE("CoordinateRequestAndResponse: the request goes down whole, and the operation keeps it") {
  RequestPipeline p;
  auto run = p.request();
  const Request& sent = p.stage<PlainTranslationStage>().last_request;
  CHECK(sent.request_type == "twin");
  CHECK(sent.method == "GET");
  CHECK(sent.resource_location == "/");
  CHECK(sent.body == "request body");
  CHECK(sent.query_params == Json{{"a", "b"}});
  p.respond("id-1");
  CHECK(run.op().request.body == "request body");
  CHECK(run.op().request_id == "id-1");
}

TEST_CASE("CoordinateRequestAndResponse: the response may come before the acknowledgement") {
  RequestPipeline p;
  p.transport.script_acks({late});
  auto run = p.request();
  p.respond("id-1");
  CHECK(run.succeeded());
  p.transport.release();
  p.settle();
  CHECK(run.succeeded());
}

TEST_CASE(
    "CoordinateRequestAndResponse: a publish that fails after the response is of no account") {
  RequestPipeline p;
  p.transport.script_acks({late});
  auto run = p.request();
  p.respond("id-1");
  p.run<DisconnectOperation>();  // Cancels the publish.
  CHECK(run.succeeded());
  CHECK(p.events.background_errors.empty());
}

TEST_CASE("CoordinateRequestAndResponse: a publish that fails fails the request") {
  RequestPipeline p;
  p.transport.script_acks({refuse_with(Errc::protocol_client)});
  auto run = p.request();
  CHECK(run.errc() == Errc::protocol_client);
  p.respond("id-1");
  CHECK(run.errc() == Errc::protocol_client);
}

TEST_CASE("CoordinateRequestAndResponse: a response that nobody waits for goes nowhere") {
  RequestPipeline p;
  auto run = p.request();
  p.respond("id-unknown");
  CHECK_FALSE(run.completed());
  p.respond("id-1");
  p.respond("id-1");
  CHECK(run.succeeded());
  CHECK(p.history == Strings{"RequestAndResponseOperation: ok"});
}

TEST_CASE("CoordinateRequestAndResponse: an id is free again once its request has ended") {
  RequestPipeline p;
  p.nucleus().make_request_id = [] { return "the only id"; };
  p.transport.script_acks({refuse_with(Errc::protocol_client)});
  CHECK(p.request().errc() == Errc::protocol_client);
  for (int i = 0; i < 3; ++i) {
    auto run = p.request();
    p.respond("the only id");
    CHECK(run.succeeded());
  }
}

TEST_CASE("CoordinateRequestAndResponse: a request whose response is lost fails at its deadline") {
  RequestPipeline p;
  auto run = p.run_within<RequestAndResponseOperation>(30s, RequestPipeline::kRequest);
  p.transport.drop();
  p.advance(30s - 1ns);
  CHECK_FALSE(run.completed());
  p.advance(1ns);
  CHECK(run.errc() == Errc::timed_out);
  p.run<ConnectOperation>();
  p.respond("id-1");
  CHECK(run.errc() == Errc::timed_out);
}

TEST_CASE("CoordinateRequestAndResponse: a request without an acknowledgement does so too") {
  RequestPipeline p;
  p.transport.script_acks({stall});
  auto run = p.run_within<RequestAndResponseOperation>(30s, RequestPipeline::kRequest);
  p.advance(30s);
  CHECK(run.errc() == Errc::timed_out);
  CHECK(p.loop().pending_timers() == 0);
}

TEST_CASE("CoordinateRequestAndResponse: shutdown cancels what waits for a response") {
  RequestPipeline p;
  auto run = p.request();
  CHECK(p.run<ShutdownPipelineOperation>().succeeded());
  CHECK(run.errc() == Errc::operation_cancelled);
}

TEST_CASE("CoordinateRequestAndResponse: other operations and events pass") {
  RequestPipeline p;
  CHECK(p.run<MqttSubscribeOperation>("topic").succeeded());
  CHECK(p.run<DisconnectOperation>().succeeded());
  CHECK(p.events.names == Strings{"ConnectedEvent", "DisconnectedEvent"});
}

}  // namespace
}  // namespace azure::iot::device
