// State left by one outage must not affect the next.
#include <chrono>
#include <memory>
#include <optional>

#include <doctest/doctest.h>

#include "pipeline/stages/connection_retry_stage.hpp"
#include "support/test_pipeline.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using namespace test;

// Pauses one second for each failure. A link that held for a minute resets the count.
class SecondsByFailures final : public RetryPolicy {
 public:
  std::optional<Duration> next_pause(const Failure& failure) const override {
    return Duration(1s) * (failure.failures + 1);
  }
  Duration holds_after() const override { return 1min; }
};

// Drops the link. Returns whether it is redialled after that time, and not before.
bool redialled_after(TestPipeline<ConnectionRetryStage>& p, Duration pause) {
  const auto dials = p.transport.dials();
  p.transport.drop();
  p.advance(pause - 1ms);
  if (p.transport.dials() != dials) return false;
  p.advance(1ms);
  return p.transport.dials() == dials + 1;
}

TEST_CASE(
    "ConnectionRetry: a link is redialled after a reauthorization that fails, also if it "
    "was redialled before") {
  TestPipeline<ConnectionRetryStage> p;
  p.run<ConnectOperation>();
  p.transport.drop();
  p.advance(10ms);
  CHECK(p.nucleus().connected());
  p.transport.script({refuse});
  p.run<ReauthorizeConnectionOperation>();
  CHECK_FALSE(p.nucleus().connected());
  p.advance(10s);
  CHECK(p.nucleus().connected());
}

TEST_CASE(
    "ConnectionRetry: a redial that is due just after a call's connect failed waits a little") {
  TestPipeline<ConnectionRetryStage> p{{.connection_retry_interval = 10s}};
  p.run<ConnectOperation>();
  const Reply refuse_slowly{
      [](const Asked& asked) { asked.after(10s - 1ms, [asked] { refuse.act(asked); }); }};
  p.transport.script({refuse, refuse_slowly});
  p.transport.drop();
  p.advance(10ms);  // The first redial; the next is due in 10 s.
  p.run<ConnectOperation>();
  CHECK(p.transport.dials() == 3);
  p.advance(10s - 1ms);  // The call's connect has failed.
  p.advance(10ms - 1ms);
  CHECK(p.transport.dials() == 3);
  p.advance(1ms);
  CHECK(p.transport.dials() == 4);
  CHECK(p.nucleus().connected());
}

TEST_CASE("ConnectionRetry: a disconnect of the user's forgets the failures before it") {
  TestPipeline<ConnectionRetryStage> p{{.retry_policy = std::make_shared<SecondsByFailures>()}};
  p.run<ConnectOperation>();
  CHECK(redialled_after(p, 2s));
  CHECK(redialled_after(p, 3s));
  p.run<DisconnectOperation>();
  p.run<ConnectOperation>();
  CHECK(redialled_after(p, 2s));
}

TEST_CASE("ConnectionRetry: once a link has held, or the user disconnected, ten are forgiven") {
  for (const bool held : {true, false}) {
    CAPTURE(held);
    TestPipeline<ConnectionRetryStage> p{{.connection_retry_interval = 60s}};
    p.run<ConnectOperation>();
    for (int i = 0; i < 10; ++i) CHECK(redialled_after(p, 10ms));
    CHECK(redialled_after(p, 60s));
    if (held) {
      p.advance(10s);
      CHECK(redialled_after(p, 10ms));
    } else {
      p.run<DisconnectOperation>();
      p.run<ConnectOperation>();
    }
    for (int i = 0; i < 10; ++i) CHECK(redialled_after(p, 10ms));
    CHECK(redialled_after(p, 60s));
  }
}

}  // namespace
}  // namespace azure::iot::device
