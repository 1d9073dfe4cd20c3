#include "iothub/iothub_pipeline.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "pipeline/auth/sastoken.hpp"
#include "support/test_hub_pipeline.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using namespace test;
using Strings = std::vector<std::string>;
using enum ConnectionState;

PipelineConfig config() { return {.hostname = "hub.net", .operation_timeout = 4min}; }

class Signer final : public SigningMechanism {
 public:
  Result<std::string> sign(std::string_view) override { return std::to_string(++signatures_); }

 private:
  int signatures_ = 0;
};

PipelineConfig config_with_token(std::chrono::seconds ttl) {
  PipelineConfig with_token = config();
  auto token = std::make_shared<RenewableSasToken>("hub.net/devices/dev1",
                                                   std::make_shared<Signer>(), "", ttl);
  REQUIRE_FALSE(token->refresh(ManualLoop().wall_now()));
  with_token.sastoken = std::move(token);
  return with_token;
}

TEST_CASE("The hub's chain: a message connects, and is acknowledged") {
  TestHubChain p(config());
  auto send = p.run<SendD2CMessageOperation>(Message{.data = "21.5"});
  CHECK(send.succeeded());
  CHECK(p.transport.published() == Strings{"devices/dev1/messages/events/"});
  CHECK(p.history == Strings{"ConnectedEvent", "SendD2CMessageOperation: ok"});
  CHECK(p.loop().pending_timers() == 0);  // An idle client needs no timer.
}

TEST_CASE("The hub's chain: a patch that was missed while the link was down is delivered") {
  TestHubChain p(config());
  p.run<EnableFeatureOperation>(std::string(feature::kTwin));
  p.run<EnableFeatureOperation>(std::string(feature::kTwinPatches));
  CHECK(p.run<GetTwinOperation>().succeeded());
  p.transport.script({refuse});
  p.transport.drop();
  p.advance(10ms);
  CHECK(p.state() == disconnected);
  p.twin.set_desired(2);
  p.advance(10s);
  CHECK(p.state() == connected);
  REQUIRE(p.received.patches.size() == 1);
  CHECK(p.received.patches[0]["$version"].as_int() == 2);
}

TEST_CASE("The hub's chain: what was not acknowledged before a drop goes out again after it") {
  TestHubChain p(config());
  p.transport.script_acks({stall});
  auto send = p.run<SendD2CMessageOperation>(Message{.data = "x"});
  p.transport.drop();
  p.advance(10ms - 1ns);
  CHECK_FALSE(send.completed());
  CHECK(p.transport.published().size() == 1);
  p.advance(1ns);
  CHECK(send.succeeded());
  CHECK(p.transport.published().size() == 2);
}

TEST_CASE("The hub's chain: what is asked while the link is down waits for the redial") {
  TestHubChain p(config());
  p.run<ConnectOperation>();
  p.transport.script({late});
  p.transport.drop();
  p.advance(10ms);
  auto get = p.run<GetTwinOperation>();
  auto send = p.run<SendD2CMessageOperation>(Message{.data = "x"});
  CHECK(p.transport.packets().empty());
  p.transport.release();
  p.settle();
  CHECK(get.succeeded());
  CHECK(send.succeeded());
  CHECK(p.transport.dials() == 2);
}

TEST_CASE("The hub's chain: a subscribe that is lost is repeated until it is acknowledged") {
  TestHubChain p(config());
  p.transport.script_acks({stall, stall});
  auto enable = p.run<EnableFeatureOperation>(std::string(feature::kMethods));
  p.advance(60s - 1ns);
  CHECK(p.transport.subscribed().size() == 2);
  CHECK_FALSE(enable.completed());
  p.advance(1ns);
  CHECK(p.transport.subscribed().size() == 3);
  CHECK(enable.succeeded());
}

TEST_CASE("The hub's chain: a twin request whose response is lost fails at its deadline") {
  TestHubChain p(config());
  p.twin.silent = true;
  auto get = p.run_within<GetTwinOperation>(30s);
  p.transport.drop();
  p.advance(30s - 1ns);
  CHECK_FALSE(get.completed());
  p.advance(1ns);
  CHECK(get.errc() == Errc::timed_out);
}

TEST_CASE("The hub's chain: what waited too long for the connection is not sent later") {
  TestHubChain p(config());
  p.transport.script({late});
  auto get = p.run_within<GetTwinOperation>(5s);
  auto send = p.run_within<SendD2CMessageOperation>(5s, Message{.data = "x"});
  p.advance(5s);
  CHECK(get.errc() == Errc::timed_out);
  CHECK(send.errc() == Errc::timed_out);
  p.transport.release();
  p.settle();
  CHECK(p.state() == connected);
  CHECK(p.transport.packets().empty());
}

TEST_CASE("The hub's chain: a refused credential fails what waits, and is not dialled again") {
  TestHubChain p(config());
  p.transport.script({refuse_with(Errc::unauthorized), refuse_with(Errc::unauthorized)});
  CHECK(p.run<GetTwinOperation>().errc() == Errc::unauthorized);
  CHECK(p.run<SendD2CMessageOperation>(Message{.data = "x"}).errc() == Errc::unauthorized);
  p.advance(24h);
  CHECK(p.transport.dials() == 2);
}

TEST_CASE("The hub's chain: without auto-connect a message needs a connection first") {
  PipelineConfig manual = config();
  manual.auto_connect = false;
  TestHubChain p(std::move(manual));
  p.transport.fail_calls({Errc::no_connection});
  CHECK(p.run<SendD2CMessageOperation>(Message{.data = "x"}).errc() == Errc::no_connection);
  p.run<ConnectOperation>();
  CHECK(p.run<SendD2CMessageOperation>(Message{.data = "x"}).succeeded());
}

TEST_CASE("The hub's chain: the token is renewed in its time, and messages outlive it") {
  TestHubChain p(config_with_token(3600s));
  p.transport.script_acks({stall});
  auto send = p.run<SendD2CMessageOperation>(Message{.data = "x"});
  p.advance(3480s - 1ns);
  CHECK(p.transport.dials() == 1);
  p.advance(1ns);
  CHECK(p.transport.dials() == 2);
  CHECK(p.transport.passwords()[1] != p.transport.passwords()[0]);
  CHECK(send.succeeded());  // It was sent again.
  CHECK(p.events.background_errors.empty());
}

TEST_CASE("The hub's chain: a wall clock that jumps past the expiry renews the token at once") {
  TestHubChain p(config_with_token(3600s));
  p.run<ConnectOperation>();
  p.advance(100s);
  p.loop().jump_wall_clock(24h);
  p.advance(0s);
  CHECK(p.transport.dials() == 2);
  CHECK(p.transport.passwords()[1] == p.nucleus().options.sastoken->text());
  CHECK(p.state() == connected);
  p.advance(3480s - 1ns);  // Counts from there.
  CHECK(p.transport.dials() == 2);
  p.advance(1ns);
  CHECK(p.transport.dials() == 3);
}

TEST_CASE(
    "The hub's chain: a message that waits for a reauthorization goes out with the new link") {
  TestHubChain p(config_with_token(3600s));
  p.run<ConnectOperation>();
  p.transport.script({late});
  p.advance(3480s);
  CHECK(p.state() == reauthorizing);
  auto send = p.run<SendD2CMessageOperation>(Message{.data = "x"});
  CHECK_FALSE(send.completed());
  p.transport.release();
  p.settle();
  CHECK(send.succeeded());
}

// Brings a chain into a state that lasts as long as no time passes.
void bring_to(ConnectionState state, TestHubChain& p) {
  if (state == connecting) p.transport.script({stall});
  if (state != disconnected) p.run<ConnectOperation>();
  if (state == disconnecting) p.begin<DisconnectOperation>();
  if (state == reauthorizing) p.begin<ReauthorizeConnectionOperation>();
  REQUIRE(p.state() == state);
}

TEST_CASE("The hub's chain: shutdown in any state ends everything, at once and for good") {
  for (const auto state : {disconnected, connecting, connected, disconnecting, reauthorizing}) {
    CAPTURE(state);
    TestHubChain p(config_with_token(3600s));
    p.twin.silent = true;
    bring_to(state, p);
    p.transport.script_acks({stall, stall, stall});
    if (state == disconnected) p.transport.script({stall});
    auto send = p.begin<SendD2CMessageOperation>(Message{.data = "x"});
    auto get = p.begin<GetTwinOperation>();
    auto enable = p.begin<EnableFeatureOperation>(std::string(feature::kC2D));
    CHECK(p.run<ShutdownPipelineOperation>().succeeded());
    CHECK(send.errc() == Errc::operation_cancelled);
    CHECK(get.errc() == Errc::operation_cancelled);
    CHECK(enable.errc() == Errc::operation_cancelled);
    CHECK(p.loop().pending_timers() == 0);
    const auto dials = p.transport.dials();
    p.advance(24h);
    CHECK(p.transport.dials() == dials);
    CHECK(p.events.background_errors.empty());
  }
}

TEST_CASE("The hub's chain: a close in any state fails everything, with the reason given") {
  for (const auto state : {disconnected, connecting, connected, disconnecting, reauthorizing}) {
    CAPTURE(state);
    TestHubChain p(config_with_token(3600s));
    bring_to(state, p);
    p.transport.script_acks({stall, stall});
    auto send = p.begin<SendD2CMessageOperation>(Message{.data = "x"});
    auto get = p.begin<GetTwinOperation>();
    p.close(Error(Errc::pipeline_not_running, "closed by the test"));
    CHECK(send.errc() == Errc::pipeline_not_running);
    CHECK(get.errc() == Errc::pipeline_not_running);
    CHECK(p.loop().pending_timers() == 0);
  }
}

TEST_CASE("The hub's chain: what waits for the next attempt ends with the shutdown as well") {
  TestHubChain p(config());
  p.transport.script_acks({stall});
  auto enable = p.run<EnableFeatureOperation>(std::string(feature::kMethods));
  p.advance(15s);  // Timed out, and due for a retry.
  p.run<ShutdownPipelineOperation>();
  CHECK(enable.errc() == Errc::operation_cancelled);
  p.advance(1h);
  CHECK(p.transport.subscribed().size() == 1);
}

// A stage like those of a user.
class CountingStage final
    : public Handles<CountingStage, Ops<MqttPublishOperation>, Events<ConnectedEvent>> {
 public:
  explicit CountingStage(std::string& seen) : seen_(seen) {}
  std::string_view name() const override { return "CountingStage"; }
  void run(Owned<MqttPublishOperation> op) {
    seen_ += op->topic + ' ';
    send_op_down(std::move(op));
  }
  void on(const ConnectedEvent& event) {
    seen_ += "connected ";
    send_event_up(event);
  }

 private:
  std::string& seen_;
};

TEST_CASE("The hub's chain: a stage of the user's sees what passes the place he gave it") {
  std::string seen;
  TestHubChain p(config());
  p.pipeline().insert_before("AutoConnectStage", std::make_unique<CountingStage>(seen));
  CHECK(p.run<SendD2CMessageOperation>(Message{.data = "x"}).succeeded());
  CHECK(seen == "devices/dev1/messages/events/ connected ");
}

}  // namespace
}  // namespace azure::iot::device
