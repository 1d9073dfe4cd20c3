#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "pipeline/stages/connection_retry_stage.hpp"
#include "pipeline/stages/mqtt_transport_stage.hpp"
#include "pipeline/stages/op_timeout_stage.hpp"
#include "pipeline/stages/retry_stage.hpp"
#include "support/test_pipeline.hpp"

// A service that ends the connection over one packet each time.
namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using namespace test;

constexpr int kMost = MqttTransportStage::kMostLinks;

// Ends the connection over packets of this topic, after a delay, and accepts all other requests.
Reply refusing(std::string topic, Duration after = {}) {
  return {[topic = std::move(topic), after](const Asked& asked) {
    if (asked.is_connect() || asked.packet().topic != topic) return asked.answer();
    if (after == Duration::zero()) return asked.far_end().drop();
    asked.after(after, [asked] { asked.far_end().drop(); });
  }};
}

struct Flapping : TestPipeline<ConnectionRetryStage, RetryStage, OpTimeoutStage> {
  explicit Flapping(Reply reply) {
    transport.otherwise = std::move(reply);
    run<ConnectOperation>();
  }
  std::size_t sent(std::string_view topic) const {
    std::size_t count = 0;
    for (const Packet& packet : transport.packets()) count += packet.topic == topic ? 1 : 0;
    return count;
  }
};

TEST_CASE("MqttTransport: a publish that ends each connection fails, and the others go through") {
  Flapping p(refusing("bad"));
  const auto before = p.begin<MqttPublishOperation>("good", "1");
  const auto bad = p.begin<MqttPublishOperation>("bad", "2");
  const auto after = p.begin<MqttPublishOperation>("good", "3");
  p.advance(1s);
  CHECK(before.succeeded());
  CHECK(after.succeeded());
  CHECK(bad.errc() == Errc::connection_dropped);
  CHECK(bad.error().detail() ==
        "the connection was lost 5 times in a row while this was in flight; the service probably "
        "refuses it");
  CHECK(p.sent("bad") == kMost);
  CHECK(p.transport.dials() == 1 + kMost);
  CHECK(p.nucleus().connected());

  p.transport.drop();
  p.advance(1s);
  CHECK(p.sent("bad") == kMost);  // It is not sent again with the next connection either.
}

TEST_CASE("MqttTransport: each of several that are refused fails in its turn") {
  Flapping p(refusing("bad"));
  const auto one = p.begin<MqttPublishOperation>("bad", "1");
  const auto other = p.begin<MqttPublishOperation>("bad", "2");
  p.advance(2min);
  CHECK(one.errc() == Errc::connection_dropped);
  CHECK(other.errc() == Errc::connection_dropped);
  CHECK(p.nucleus().connected());
}

TEST_CASE("MqttTransport: what waits behind an older packet is not blamed for a lost connection") {
  Flapping p(accept);
  p.transport.otherwise = stall;
  const auto oldest = p.begin<MqttPublishOperation>("a", "");
  const auto younger = p.begin<MqttPublishOperation>("b", "");
  p.settle();
  p.transport.script({accept, accept, accept, accept, accept, accept});
  for (int i = 0; i < kMost; ++i) {
    CHECK_FALSE(oldest.completed());
    p.transport.drop();
    p.advance(20ms);
  }
  CHECK(oldest.errc() == Errc::connection_dropped);
  CHECK_FALSE(younger.completed());
}

TEST_CASE(
    "MqttTransport: a connection that held for ten seconds was not ended by what is in flight") {
  const auto fails = [](Duration held) {
    Flapping p(refusing("slow", held));
    const auto publish = p.begin<MqttPublishOperation>("slow", "");
    p.advance(20 * (held + 1s));
    return publish.completed();
  };
  CHECK(fails(10s - 1ms));
  CHECK_FALSE(fails(10s));
}

TEST_CASE("MqttTransport: an acknowledgement between lost connections absolves the next packet") {
  Flapping p(accept);
  for (int i = 0; i < 3 * kMost; ++i) {
    p.transport.script_acks({stall});
    const auto publish = p.begin<MqttPublishOperation>("a", "");
    p.settle();
    p.transport.drop();
    p.advance(11s);  // Longer than the pause of a flapping link.
    CHECK(publish.succeeded());
  }
}

TEST_CASE("MqttTransport: a disconnect that was asked for blames nothing") {
  Flapping p(accept);
  p.transport.otherwise = stall;
  const auto publish = p.begin<MqttPublishOperation>("a", "");
  p.settle();
  for (int i = 0; i < 2 * kMost; ++i) {
    p.transport.script({accept});
    p.run<ReauthorizeConnectionOperation>();
  }
  CHECK_FALSE(publish.completed());
}

TEST_CASE("MqttTransport: a subscription that ends each connection fails after as many attempts") {
  Flapping p(refusing("bad"));
  const auto subscribe = p.begin<MqttSubscribeOperation>("bad");
  p.advance(4min);
  CHECK(subscribe.errc() == Errc::connection_dropped);
  CHECK(p.sent("bad") == kMost);
  const auto unsubscribe = p.begin<MqttUnsubscribeOperation>("bad");
  p.advance(4min);
  CHECK(unsubscribe.errc() == Errc::connection_dropped);
  CHECK(p.sent("bad") == 2 * kMost);
}

TEST_CASE(
    "MqttTransport: a subscription of an earlier connection is not blamed for this one's end") {
  Flapping p(accept);
  p.transport.script_acks({stall});
  const auto subscribe = p.begin<MqttSubscribeOperation>("topic");
  p.settle();
  for (int i = 0; i < 2 * kMost; ++i) {  // All before its next attempt.
    p.transport.drop();
    p.advance(20ms);
  }
  CHECK_FALSE(subscribe.completed());
  p.advance(30s);
  CHECK(subscribe.succeeded());
}

}  // namespace
}  // namespace azure::iot::device
