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
  CHECK(p.loop().pending_timers() == 0);  // The watchdog is stopped.
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
  p.transport.release();  // The attempt was given up, so its answer is void.
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
  // Displaces the disconnect of the reauthorization, which continues with its connect. That is
  // displaced as well, without a report.
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

}  // namespace
}  // namespace azure::iot::device
