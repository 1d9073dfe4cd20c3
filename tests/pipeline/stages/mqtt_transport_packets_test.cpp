// The packets of MqttTransportStage: their completion, with their link and without, and received
// packets.
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
using Bottom = TestPipeline<>;

TEST_CASE("MqttTransport: a hard disconnect cancels what is in flight, a soft one keeps it") {
  Bottom p;
  p.run<ConnectOperation>();
  p.transport.script_acks({stall});
  auto kept = p.run<MqttPublishOperation>("kept", "");
  auto soft = make_op<DisconnectOperation>();
  soft->hard = false;
  p.begin(std::move(soft));
  p.settle();
  CHECK_FALSE(kept.completed());
  p.transport.script_acks({stall});
  p.run<ConnectOperation>();
  CHECK(p.transport.published() == Strings{"kept", "kept"});
  p.run<DisconnectOperation>();
  CHECK(kept.errc() == Errc::operation_cancelled);
}

TEST_CASE("MqttTransport: a drop goes up with its cause, and is reported as a dropped connection") {
  Bottom p;
  p.run<ConnectOperation>();
  p.transport.drop(Error(Errc::protocol_client, "bad packet"));
  p.settle();
  CHECK(p.events.names ==
        Strings{"ConnectedEvent", "DisconnectedEvent", "BackgroundExceptionEvent"});
  CHECK(p.events.disconnect_causes[0].detail() == "bad packet");
  CHECK(p.events.background_errors[0].code() == Errc::connection_dropped);
  CHECK(p.events.background_errors[0].cause().code() == Errc::protocol_client);
}

TEST_CASE("MqttTransport: a publish in flight outlives a drop where the link is redialled") {
  Bottom p;
  p.run<ConnectOperation>();
  p.transport.script_acks({stall});
  auto publish = p.run<MqttPublishOperation>("topic", "");
  p.transport.drop();
  p.settle();
  CHECK_FALSE(publish.completed());
  p.run<ConnectOperation>();
  CHECK(publish.succeeded());
}

TEST_CASE("MqttTransport: where the link is not redialled, a drop cancels what is in flight") {
  Bottom p{{.connection_retry = false}};
  p.run<ConnectOperation>();
  p.transport.script_acks({stall, stall});
  auto publish = p.run<MqttPublishOperation>("topic", "");
  auto subscribe = p.run<MqttSubscribeOperation>("topic");
  p.transport.drop();
  p.settle();
  CHECK(publish.errc() == Errc::operation_cancelled);
  CHECK(subscribe.errc() == Errc::operation_cancelled);
}

TEST_CASE("MqttTransport: but not while a connection operation is under way") {
  Bottom p{{.connection_retry = false}};
  p.run<ConnectOperation>();
  p.transport.script_acks({stall});
  auto publish = p.run<MqttPublishOperation>("topic", "");
  p.transport.drop();
  p.transport.script({stall});
  auto connect = p.begin<ConnectOperation>();  // Before the drop was reported.
  p.settle();
  CHECK(connect.errc() == Errc::connection_dropped);
  CHECK_FALSE(publish.completed());
}

TEST_CASE("MqttTransport: publish, subscribe and unsubscribe end with their acknowledgement") {
  Bottom p;
  p.transport.script_acks({late, late, late});
  auto publish = p.run<MqttPublishOperation>("1", "payload");
  auto subscribe = p.run<MqttSubscribeOperation>("2");
  auto unsubscribe = p.run<MqttUnsubscribeOperation>("3");
  using Kind = FakeMqttTransport::Packet::Kind;
  CHECK(p.transport.packets() ==
        std::vector<FakeMqttTransport::Packet>{{Kind::publish, "1", "payload"},
                                               {Kind::subscribe, "2", ""},
                                               {Kind::unsubscribe, "3", ""}});
  p.advance(1h);
  CHECK_FALSE((publish.completed() || subscribe.completed() || unsubscribe.completed()));
  p.transport.release();
  p.settle();
  CHECK((publish.succeeded() && subscribe.succeeded() && unsubscribe.succeeded()));
}

TEST_CASE("MqttTransport: a second acknowledgement, or one that comes too late, is ignored") {
  Bottom p;
  p.transport.script_acks({duplicate, late});
  auto twice = p.run<MqttPublishOperation>("twice", "");
  CHECK(twice.succeeded());
  auto tardy = p.run_within<MqttPublishOperation>(5s, "tardy", "");
  p.advance(5s);
  CHECK(tardy.errc() == Errc::timed_out);
  p.transport.release();
  p.settle();
  CHECK(p.events.names.empty());
}

TEST_CASE("MqttTransport: an acknowledgement from inside the call finds its operation") {
  Bottom p;
  p.transport.answers_inside_calls = true;
  CHECK(p.begin<ConnectOperation>().succeeded());
  CHECK(p.begin<MqttPublishOperation>("topic", "").succeeded());
  CHECK(p.begin<MqttSubscribeOperation>("topic").succeeded());
  CHECK(p.begin<MqttUnsubscribeOperation>("topic").succeeded());
  CHECK(p.begin<ReauthorizeConnectionOperation>().succeeded());
  CHECK(p.begin<DisconnectOperation>().succeeded());
}

TEST_CASE("MqttTransport: a call that the transport refuses fails the operation at once") {
  Bottom p;
  const Error full(Errc::protocol_client, "too large");
  p.transport.fail_calls({full, full, full, full});
  CHECK(p.begin<MqttPublishOperation>("topic", "").errc() == Errc::protocol_client);
  CHECK(p.begin<MqttSubscribeOperation>("topic").errc() == Errc::protocol_client);
  CHECK(p.begin<MqttUnsubscribeOperation>("topic").errc() == Errc::protocol_client);
  CHECK(p.begin<DisconnectOperation>().errc() == Errc::protocol_client);
  CHECK(p.transport.packets().empty());
}

TEST_CASE("MqttTransport: what comes in goes up with its topic and payload") {
  Bottom p;
  std::string seen;
  p.on_event = [&](const Event& event) {
    const auto* message = event_cast<IncomingMqttMessageEvent>(event);
    if (message) seen = std::string(message->topic) + '=' + std::string(message->payload);
  };
  p.run<ConnectOperation>();
  p.transport.receive("topic", std::string_view("a\0b", 3));
  p.settle();
  CHECK(seen == "topic=" + std::string("a\0b", 3));
}

TEST_CASE("MqttTransport: a topic too long for MQTT is refused before the transport is asked") {
  TestPipeline<> p;
  p.run<ConnectOperation>();
  const std::string longest(65'535, 't');
  CHECK(p.run<MqttPublishOperation>(longest, "").succeeded());
  CHECK(p.run<MqttSubscribeOperation>(longest).succeeded());
  CHECK(p.run<MqttUnsubscribeOperation>(longest).succeeded());
  const auto publish = p.run<MqttPublishOperation>(longest + 't', "");
  CHECK(publish.errc() == Errc::bad_content);
  CHECK(publish.error().detail() == "topic must not exceed 65535 bytes; got 65536");
  CHECK(p.run<MqttSubscribeOperation>(longest + 't').errc() == Errc::bad_content);
  CHECK(p.run<MqttUnsubscribeOperation>(longest + 't').errc() == Errc::bad_content);
  CHECK(p.transport.packets().size() == 3);
}

}  // namespace
}  // namespace azure::iot::device
