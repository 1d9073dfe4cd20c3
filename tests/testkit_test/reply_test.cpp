#include <doctest/doctest.h>

#include "pipeline/stages/connection_retry_stage.hpp"
#include "support/doctest_texts.hpp"
#include "testkit/test_pipeline.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

// Only the stage that drives the transport, so that what the far end does is seen as it is.
using BarePipeline = TestPipeline<>;

Run<MqttPublishOperation> publish(TestChain& p, std::string topic) {
  return p.run<MqttPublishOperation>(std::move(topic), "payload");
}

TEST_CASE("Reply: a connect is accepted, refused, or refused with an error of one's own") {
  BarePipeline p;
  p.transport.script({refuse, refuse_with(Error(Errc::unauthorized, "CONNACK 5")), accept});
  CHECK(p.run<ConnectOperation>().errc() == Errc::connection_failed);
  CHECK(p.run<ConnectOperation>().errc() == Errc::unauthorized);
  CHECK(p.run<ConnectOperation>().succeeded());
  CHECK(p.transport.dials() == 3);
}

TEST_CASE("Reply: where nothing is scripted it is accepted, unless the far end is told otherwise") {
  BarePipeline p;
  CHECK(p.run<ConnectOperation>().succeeded());
  CHECK(publish(p, "a").succeeded());
  p.transport.otherwise = slow(3s);
  const auto sent = publish(p, "b");
  CHECK_FALSE(sent.completed());
  p.advance(3s);
  CHECK(sent.succeeded());
}

TEST_CASE("Reply: stall answers nothing, however long one waits") {
  BarePipeline p;
  p.run<ConnectOperation>();
  p.transport.script_acks({stall});
  const auto sent = publish(p, "a");
  p.advance(24h);
  CHECK_FALSE(sent.completed());
  CHECK(p.transport.in_flight() == 1);
}

TEST_CASE("Reply: drop ends a connect, or the link on which a packet came") {
  BarePipeline p;
  p.transport.script({drop, accept});
  p.transport.script_acks({drop});
  CHECK(p.run<ConnectOperation>().errc() == Errc::connection_failed);
  p.run<ConnectOperation>();
  const auto sent = publish(p, "a");
  CHECK_FALSE(sent.completed());
  CHECK_FALSE(p.transport.connected());
  CHECK(p.events.count("DisconnectedEvent") == 1);
}

TEST_CASE("Reply: late answers when it is released, in order") {
  BarePipeline p;
  p.run<ConnectOperation>();
  p.transport.script_acks({late, late});
  const auto one = publish(p, "a"), other = publish(p, "b");
  p.advance(1h);
  CHECK_FALSE(one.completed());
  p.transport.release();
  p.settle();
  CHECK(one.succeeded());
  CHECK(other.succeeded());
}

TEST_CASE("Reply: duplicate answers twice, of which the chain takes one") {
  BarePipeline p;
  p.transport.script({duplicate});
  p.transport.script_acks({duplicate});
  CHECK(p.run<ConnectOperation>().succeeded());
  CHECK(p.events.count("ConnectedEvent") == 2);
  CHECK(publish(p, "a").succeeded());
  CHECK(p.finish().empty());
}

TEST_CASE("Reply: slow answers at its time, and not before") {
  BarePipeline p;
  p.transport.script({slow(2s)});
  p.transport.script_acks({slow(5s)});
  const auto connect = p.run<ConnectOperation>();
  p.advance(2s - 1ms);
  CHECK_FALSE(connect.completed());
  p.advance(1ms);
  CHECK(connect.succeeded());
  const auto sent = publish(p, "a");
  p.advance(5s - 1ms);
  CHECK_FALSE(sent.completed());
  p.advance(1ms);
  CHECK(sent.succeeded());
}

TEST_CASE("Reply: a slow answer is lost with its link, and the publish goes out once more") {
  TestPipeline<ConnectionRetryStage> p;
  p.run<ConnectOperation>();
  p.transport.script_acks({slow(5s), stall});
  const auto sent = publish(p, "a");
  p.transport.drop();
  p.advance(1min);
  CHECK_FALSE(sent.completed());
  CHECK(p.transport.published() == Texts{"a", "a"});
  CHECK(p.transport.packets().back().again);
}

TEST_CASE("Reply: reordered answers come after the next one, last first; a connect is accepted") {
  BarePipeline p;
  p.transport.script({reordered});
  CHECK(p.run<ConnectOperation>().succeeded());
  p.transport.script_acks({reordered, reordered, accept});
  p.run<MqttSubscribeOperation>("a");
  p.run<MqttUnsubscribeOperation>("b");
  CHECK(p.transport.in_flight() == 2);
  p.history.clear();
  publish(p, "c");
  CHECK(p.history == Texts{"MqttPublishOperation: ok", "MqttUnsubscribeOperation: ok",
                           "MqttSubscribeOperation: ok"});
}

TEST_CASE("Reply: on a half-open link nothing comes, until the keep-alive notices") {
  BarePipeline p{{.keep_alive = 30s}};
  p.transport.script({half_open});
  CHECK(p.run<ConnectOperation>().succeeded());
  const auto sent = publish(p, "a");
  p.transport.receive("topic", "payload");
  p.advance(1min - 1ms);
  CHECK(p.transport.published() == Texts{"a"});
  CHECK_FALSE(sent.completed());
  CHECK(p.transport.connected());
  CHECK(p.events.names == Texts{"ConnectedEvent"});
  p.advance(1ms);
  CHECK_FALSE(p.transport.connected());
  REQUIRE(p.events.disconnect_causes.size() == 1);
  CHECK(p.events.disconnect_causes[0].code() == Errc::connection_dropped);
}

TEST_CASE("Reply: a link may become half-open with a packet; the next link is whole") {
  TestPipeline<ConnectionRetryStage> p;
  p.run<ConnectOperation>();
  p.transport.script_acks({accept, half_open});
  CHECK(publish(p, "a").succeeded());
  const auto lost = publish(p, "b");
  CHECK_FALSE(lost.completed());
  CHECK_FALSE(publish(p, "c").completed());
  p.advance(3min);
  CHECK(p.transport.dials() == 2);
  CHECK(lost.succeeded());
  CHECK(p.transport.published() == Texts{"a", "b", "c", "b", "c"});
}

// The example of the header.
TEST_CASE("Reply: a fault of one's own is a function more") {
  const Reply flapping{[](const Asked& asked) {
    asked.answer();
    asked.after(1s, [asked] { asked.far_end().drop(); });
  }};
  TestPipeline<ConnectionRetryStage> p;
  p.transport.script({flapping, flapping, accept});
  CHECK(p.run<ConnectOperation>().succeeded());
  p.advance(1h);
  CHECK(p.transport.dials() == 3);
  CHECK(p.events.count("DisconnectedEvent") == 2);
  CHECK(p.transport.connected());
}

TEST_CASE("Reply: a fault of one's own may choose by what came") {
  const Reply picky{[](const Asked& asked) {
    const bool wanted = asked.is_connect() || asked.packet().topic == "good";
    asked.answer(wanted ? Error() : Error(Errc::protocol_client, "PUBACK 0x87"));
  }};
  BarePipeline p;
  p.transport.otherwise = picky;
  CHECK(p.run<ConnectOperation>().succeeded());
  CHECK(publish(p, "good").succeeded());
  CHECK(publish(p, "bad").errc() == Errc::protocol_client);
}

}  // namespace
}  // namespace azure::iot::device::test
