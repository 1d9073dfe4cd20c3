#include "pipeline/stages/mqtt_transport_stage.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "pipeline/auth/sastoken.hpp"
#include "pipeline/stages/connection_retry_stage.hpp"
#include "support/test_pipeline.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using namespace test;
using Strings = std::vector<std::string>;
using Bottom = TestPipeline<>;

const std::string kToken = "SharedAccessSignature sr=hub&sig=c2ln&se=2000000";

std::shared_ptr<SasToken> a_token() { return *NonRenewableSasToken::parse(kToken); }

TEST_CASE("MqttTransport: the transport is made with what the configuration says") {
  Bottom p{{.hostname = "hub",
            .port = 8884,
            .server_verification_cert = "PEM",
            .cipher = "AES256",
            .keep_alive = 30s,
            .max_in_flight = 20}};
  const MqttTransportConfig& config = p.transport.config();
  CHECK(config.hostname == "hub");
  CHECK(config.port == 8884);
  CHECK(config.server_verification_cert == "PEM");
  CHECK(config.cipher == "AES256");
  CHECK(config.keep_alive == 30s);
  CHECK(config.max_in_flight == 20);
  CHECK_FALSE(config.websockets);
  CHECK(p.transport.dials() == 0);
}

TEST_CASE("MqttTransport: the transport gets the identity, and keeps the secrets for itself") {
  auto loop = std::make_shared<ManualLoop>();
  FakeMqttTransport transport;
  Pipeline pipeline(loop,
                    {.x509 = X509{"certificate", "key", ""},
                     .websockets = true,
                     .proxy_options = ProxyOptions{.address = "proxy", .port = 3128}},
                    [](const Event&) {});
  pipeline.append(std::make_unique<MqttTransportStage>(transport.factory()));
  auto initialize = make_op<InitializePipelineOperation>();
  initialize->client_id = "device";
  initialize->username = "hub/device";
  pipeline.enter(std::move(initialize));
  const MqttTransportConfig& config = transport.config();
  CHECK(config.client_id == "device");
  CHECK(config.username == "hub/device");
  CHECK(config.x509->key == "key");
  CHECK(config.websockets);
  CHECK(config.proxy_options->address == "proxy");
  CHECK_FALSE(pipeline.nucleus().options.x509);
  CHECK_FALSE(pipeline.nucleus().options.proxy_options);
}

TEST_CASE("MqttTransport: a gateway is dialled instead of the hub") {
  Bottom p{{.hostname = "hub", .gateway_hostname = "gateway"}};
  CHECK(p.transport.config().hostname == "gateway");
}

TEST_CASE("MqttTransport: a transport that cannot be made fails the initialization") {
  auto loop = std::make_shared<ManualLoop>();
  Pipeline pipeline(loop, {}, [](const Event&) {});
  pipeline.append(std::make_unique<MqttTransportStage>(
      [](auto&&...) { return Error(Errc::tls_exchange_auth, "no such certificate"); }));
  std::string told;
  const auto tell = [&](OpPtr, Error error) { told += std::string(to_string(error.code())) + ' '; };
  auto initialize = make_op<InitializePipelineOperation>();
  initialize->then(tell);
  pipeline.enter(std::move(initialize));
  auto connect = make_op<ConnectOperation>();
  connect->then(tell);
  pipeline.enter(std::move(connect));
  CHECK(told == "tls_exchange_auth pipeline_runtime ");
}

TEST_CASE("MqttTransport: nothing can be done before it is initialized, but shut down") {
  auto loop = std::make_shared<ManualLoop>();
  FakeMqttTransport transport;
  Pipeline pipeline(loop, {}, [](const Event&) {});
  pipeline.append(std::make_unique<MqttTransportStage>(transport.factory()));
  std::string told;
  const auto enter = [&](auto op) {
    op->then([&](OpPtr, Error error) { told += std::string(to_string(error.code())) + ' '; });
    pipeline.enter(std::move(op));
  };
  enter(make_op<ConnectOperation>());
  enter(make_op<DisconnectOperation>());
  enter(make_op<ReauthorizeConnectionOperation>());
  enter(make_op<MqttPublishOperation>("topic", ""));
  enter(make_op<MqttSubscribeOperation>("topic"));
  enter(make_op<MqttUnsubscribeOperation>("topic"));
  enter(make_op<PauseReadingOperation>(true));
  std::string expected;
  for (int i = 0; i < 7; ++i) expected += "pipeline_runtime ";
  CHECK(told == expected);
  told.clear();
  enter(make_op<ShutdownPipelineOperation>());
  CHECK(told == "ok ");
}

TEST_CASE("MqttTransport: a connect ends with the connection, and the event comes first") {
  Bottom p{{.sastoken = a_token()}};
  p.begin<ConnectOperation>();
  CHECK(p.history.empty());
  p.settle();
  CHECK(p.history == Strings{"ConnectedEvent", "ConnectOperation: ok"});
  CHECK(p.transport.passwords() == std::vector<std::optional<std::string>>{kToken});
  CHECK(p.loop().pending_timers() == 0);  // The watchdog rests.
}

TEST_CASE("MqttTransport: a client with a certificate dials without a password") {
  Bottom p{{.x509 = X509{"certificate", "key", ""}}};
  p.run<ConnectOperation>();
  CHECK(p.transport.passwords() == std::vector<std::optional<std::string>>{std::nullopt});
  CHECK(p.transport.config().x509->certificate == "certificate");
}

TEST_CASE("MqttTransport: a connect that is refused fails with what the transport said") {
  Bottom p;
  p.transport.script({refuse_with(Error(Errc::unauthorized, "CONNACK 5"))});
  auto connect = p.run<ConnectOperation>();
  CHECK(connect.error().detail() == "CONNACK 5");
  CHECK(p.events.names.empty());
  p.transport.fail_calls({Errc::protocol_client});
  CHECK(p.run<ConnectOperation>().errc() == Errc::protocol_client);
}

TEST_CASE("MqttTransport: a connect without an answer fails after sixty seconds") {
  Bottom p;
  p.transport.script({late});
  auto connect = p.run<ConnectOperation>();
  p.advance(60s - 1ns);
  CHECK_FALSE(connect.completed());
  p.advance(1ns);
  CHECK(connect.errc() == Errc::timed_out);
  CHECK(connect.op().deadline == kNever);
  p.transport.release();  // It was given up: the answer is void.
  p.settle();
  CHECK(p.events.names.empty());
  CHECK_FALSE(p.transport.connected());
}

TEST_CASE("MqttTransport: the deadline of a connect counts where it is earlier") {
  Bottom p;
  p.transport.script({stall});
  auto connect = p.run_within<ConnectOperation>(7s);
  p.advance(7s - 1ns);
  CHECK_FALSE(connect.completed());
  p.advance(1ns);
  CHECK(connect.errc() == Errc::timed_out);
  CHECK(connect.error().detail().ends_with(": the faked server has not answered"));
}

TEST_CASE("MqttTransport: a watchdog that expires while the chain thinks it is connected says so") {
  Bottom p;
  p.nucleus().connection_state = ConnectionState::connected;
  p.transport.script({stall});
  p.run<ConnectOperation>();
  p.advance(60s);
  CHECK(p.history == Strings{"DisconnectedEvent", "ConnectOperation: timed_out"});
}

TEST_CASE("MqttTransport: a connection operation that another displaces is cancelled") {
  Bottom p;
  p.transport.script({stall});
  auto first = p.run<ConnectOperation>();
  auto second = p.run<ConnectOperation>();
  CHECK(first.errc() == Errc::operation_cancelled);
  CHECK(second.succeeded());
  auto disconnect = p.begin<DisconnectOperation>();
  auto third = p.begin<ConnectOperation>();
  CHECK(disconnect.errc() == Errc::operation_cancelled);
  p.settle();
  CHECK(third.completed());
}

TEST_CASE("MqttTransport: a shutdown ends a reauthorization whose connect was displaced at once") {
  Bottom p;
  p.run<ConnectOperation>();
  auto reauthorize = p.begin<ReauthorizeConnectionOperation>();
  // Displaces its disconnect, which goes on to its connect, which is displaced without being told.
  auto disconnect = p.begin<DisconnectOperation>();
  CHECK_FALSE(reauthorize.completed());
  p.begin<ShutdownPipelineOperation>();
  CHECK(disconnect.errc() == Errc::operation_cancelled);
  CHECK(reauthorize.errc() == Errc::operation_cancelled);
}

TEST_CASE("MqttTransport: a disconnect ends with the event, which knows of no cause") {
  Bottom p;
  p.run<ConnectOperation>();
  p.history.clear();
  p.run<DisconnectOperation>();
  CHECK(p.history == Strings{"DisconnectedEvent", "DisconnectOperation: ok"});
  CHECK_FALSE(p.events.disconnect_causes[0]);
  CHECK(p.events.background_errors.empty());
}

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
  auto connect = p.begin<ConnectOperation>();  // Before anybody was told of the drop.
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

TEST_CASE("MqttTransport: reauthorizing is a soft disconnect and a connect with the new token") {
  Bottom p{{.sastoken = a_token()}};
  p.run<ConnectOperation>();
  p.transport.script_acks({stall});
  p.run<MqttPublishOperation>("topic", "");
  const std::string renewed = "SharedAccessSignature sr=hub&sig=bmV3&se=3000000";
  p.nucleus().options.sastoken = *NonRenewableSasToken::parse(renewed);
  p.history.clear();
  auto reauthorize = p.run<ReauthorizeConnectionOperation>();
  CHECK(reauthorize.succeeded());
  CHECK(p.history == Strings{"DisconnectedEvent", "ConnectedEvent",
                             "ReauthorizeConnectionOperation: ok", "MqttPublishOperation: ok"});
  CHECK(p.transport.passwords()[1] == renewed);
}

TEST_CASE("MqttTransport: reauthorizing goes on to its connect though the disconnect failed") {
  Bottom p;
  p.run<ConnectOperation>();
  p.transport.fail_calls({Errc::protocol_client});
  auto reauthorize = p.run<ReauthorizeConnectionOperation>();
  CHECK(reauthorize.succeeded());
  CHECK(p.transport.dials() == 2);
  CHECK(p.transport.disconnects() == 0);
}

TEST_CASE("MqttTransport: reauthorizing fails with the error of its connect") {
  Bottom p;
  p.run<ConnectOperation>();
  p.transport.script({refuse_with(Errc::unauthorized)});
  CHECK(p.run<ReauthorizeConnectionOperation>().errc() == Errc::unauthorized);
}

TEST_CASE("MqttTransport: shutdown cancels whatever is under way, and is itself no failure") {
  Bottom p;
  p.transport.script({stall});
  p.transport.script_acks({stall, stall});
  auto publish = p.run<MqttPublishOperation>("topic", "");
  auto subscribe = p.run<MqttSubscribeOperation>("topic");
  auto connect = p.run<ConnectOperation>();
  CHECK(p.run<ShutdownPipelineOperation>().succeeded());
  CHECK(connect.errc() == Errc::operation_cancelled);
  CHECK(publish.errc() == Errc::operation_cancelled);
  CHECK(subscribe.errc() == Errc::operation_cancelled);
  CHECK(p.transport.was_shut_down());
  CHECK(p.loop().pending_timers() == 0);
}

TEST_CASE("MqttTransport: shutdown ends a reauthorization, which does not connect any more") {
  Bottom p;
  p.run<ConnectOperation>();
  auto reauthorize = p.begin<ReauthorizeConnectionOperation>();
  auto shutdown = p.begin<ShutdownPipelineOperation>();
  CHECK(reauthorize.errc() == Errc::operation_cancelled);
  CHECK(shutdown.succeeded());
  p.advance(1h);
  CHECK(p.transport.dials() == 1);
}

TEST_CASE("MqttTransport: what a shutdown fails with is told, and what waits is still cancelled") {
  Bottom p;
  p.transport.script_acks({stall});
  auto publish = p.run<MqttPublishOperation>("topic", "");
  p.transport.fail_calls({Errc::protocol_client});
  CHECK(p.run<ShutdownPipelineOperation>().errc() == Errc::protocol_client);
  CHECK(publish.errc() == Errc::operation_cancelled);
}

TEST_CASE("MqttTransport: a close in the middle of a connect fails it with the reason given") {
  Bottom p;
  p.transport.script({stall});
  auto connect = p.run<ConnectOperation>();
  p.close(Error(Errc::operation_cancelled, "closed by the test"));
  CHECK(connect.error().detail() == "closed by the test");
}

TEST_CASE("MqttTransport: a close in the middle of a reauthorization fails it") {
  Bottom p;
  p.run<ConnectOperation>();
  auto disconnecting = p.begin<ReauthorizeConnectionOperation>();
  p.close(Errc::operation_cancelled);
  CHECK(disconnecting.errc() == Errc::operation_cancelled);
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
