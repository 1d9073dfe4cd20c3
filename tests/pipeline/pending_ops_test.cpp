#include "pipeline/pending_ops.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/test_pipeline.hpp"
#include "tests/pipeline/loop/bare_loop.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using test::TestPipeline;

// Holds every operation except those of the chain itself.
class HoldingStage final : public Stage {
 public:
  std::string_view name() const override { return "HoldingStage"; }

  PendingOps held{*this, "for the test"};
  std::vector<OpKey> keys;
  Duration pause = Duration::zero();  // Above zero: retried after this time.
  int resumed = 0;

 private:
  void run_op(OpPtr op) override {
    if (op->type() == type_id<InitializePipelineOperation>()) return send_op_down(std::move(op));
    if (pause == Duration::zero()) return keys.push_back(held.hold(std::move(op)));
    keys.push_back(held.hold_until(std::move(op), loop().now() + pause, [this](OpPtr again) {
      ++resumed;
      complete(std::move(again));
    }));
  }
};
using HoldingPipeline = TestPipeline<HoldingStage>;

TEST_CASE("PendingOps: gives back what it holds, once") {
  HoldingPipeline p;
  auto& stage = p.stage<HoldingStage>();
  auto connect = p.run<ConnectOperation>();
  CHECK_FALSE(connect.completed());
  CHECK(stage.held.size() == 1);
  CHECK(stage.held.find(stage.keys[0])->name() == "ConnectOperation");

  OpPtr op = stage.held.take(stage.keys[0]);
  REQUIRE(op);
  CHECK(stage.held.empty());
  CHECK_FALSE(stage.held.holds(stage.keys[0]));
  CHECK_FALSE(stage.held.take(stage.keys[0]));
  complete(std::move(op));
  CHECK(connect.succeeded());
}

TEST_CASE("PendingOps: a key never names a later operation in the same place") {
  HoldingPipeline p;
  auto& stage = p.stage<HoldingStage>();
  p.run<ConnectOperation>();
  const OpKey old = stage.keys[0];
  complete(stage.held.take(old));
  auto later = p.run<DisconnectOperation>();
  CHECK(stage.keys[1].index == old.index);
  CHECK_FALSE(stage.held.take(old));
  CHECK_FALSE(stage.held.holds(OpKey{}));
  CHECK_FALSE(stage.held.holds(OpKey{.index = 7, .generation = 1}));
  CHECK_FALSE(later.completed());
}

TEST_CASE("PendingOps: what is held fails at its deadline, not before") {
  HoldingPipeline p;
  auto& stage = p.stage<HoldingStage>();
  auto connect = p.run_within<ConnectOperation>(5s);
  p.advance(5s - 1ns);
  CHECK_FALSE(connect.completed());
  p.advance(1ns);
  CHECK(connect.errc() == Errc::timed_out);
  CHECK(connect.error().detail() == "timed out while waiting for the test");
  CHECK_FALSE(stage.held.take(stage.keys[0]));
}

TEST_CASE("PendingOps: an operation without a deadline waits as long as it takes") {
  HoldingPipeline p;
  auto connect = p.run<ConnectOperation>();
  CHECK(p.loop().pending_timers() == 0);
  p.advance(24h * 365);
  CHECK_FALSE(connect.completed());
}

TEST_CASE("PendingOps: what was taken in time does not time out") {
  HoldingPipeline p;
  auto& stage = p.stage<HoldingStage>();
  auto connect = p.run_within<ConnectOperation>(5s);
  OpPtr op = stage.held.take(stage.keys[0]);
  CHECK(p.loop().pending_timers() == 0);
  p.advance(1h);
  CHECK_FALSE(connect.completed());
  complete(std::move(op));
  CHECK(connect.succeeded());
}

TEST_CASE("PendingOps: what is held until a time is resumed then, once") {
  HoldingPipeline p;
  p.stage<HoldingStage>().pause = 20s;
  auto connect = p.run_within<ConnectOperation>(20s + 1ns);
  p.advance(20s - 1ns);
  CHECK(p.stage<HoldingStage>().resumed == 0);
  p.advance(1ns);
  CHECK(p.stage<HoldingStage>().resumed == 1);
  CHECK(connect.succeeded());
  p.advance(1h);
  CHECK(p.stage<HoldingStage>().resumed == 1);
}

TEST_CASE("PendingOps: a deadline at the very time of resuming ends it") {
  HoldingPipeline p;
  p.stage<HoldingStage>().pause = 20s;
  auto connect = p.run_within<ConnectOperation>(20s);
  p.advance(20s);
  CHECK(connect.errc() == Errc::timed_out);
  p.advance(1h);
  CHECK(p.stage<HoldingStage>().resumed == 0);
}

TEST_CASE("PendingOps: a deadline comes before an answer of the same moment, asked for earlier") {
  HoldingPipeline p;
  auto& stage = p.stage<HoldingStage>();
  Timer answer;
  answer.start(p.loop(), 5s, [&] { CHECK_FALSE(stage.held.take(stage.keys[0])); });
  auto connect = p.run_within<ConnectOperation>(5s);
  p.advance(5s);
  CHECK_FALSE(answer.running());
  CHECK(connect.errc() == Errc::timed_out);
}

TEST_CASE("PendingOps: a loop that comes late to both times does not resume what has expired") {
  const auto loop = std::make_shared<BareLoop>();
  Pipeline pipeline(loop, {}, [](const Event&) {});
  auto made = std::make_unique<HoldingStage>();
  HoldingStage& stage = *made;
  pipeline.append(std::move(made));
  stage.pause = 20s;
  Error ended;
  auto op = make_op<ConnectOperation>();
  op->deadline = loop->now() + 30s;
  op->then([&](OpPtr, Error error) { ended = std::move(error); });
  pipeline.enter(std::move(op));
  loop->now_ += 40s;
  CHECK(loop->timers().fire_one(loop->now(), loop->take_turn()));
  CHECK(ended.code() == Errc::timed_out);
  CHECK(stage.resumed == 0);
}

TEST_CASE("PendingOps: a deadline that comes before the time of resuming ends it") {
  HoldingPipeline p;
  p.stage<HoldingStage>().pause = 20s;
  auto connect = p.run_within<ConnectOperation>(20s - 1ns);
  p.advance(20s - 2ns);
  CHECK_FALSE(connect.completed());
  p.advance(1ns);
  CHECK(connect.errc() == Errc::timed_out);
  p.advance(1h);
  CHECK(p.stage<HoldingStage>().resumed == 0);
}

TEST_CASE("PendingOps: a place that waited for a time holds the next one as told, without it") {
  HoldingPipeline p;
  auto& stage = p.stage<HoldingStage>();
  stage.pause = 20s;
  p.run<ConnectOperation>();
  complete(stage.held.take(stage.keys[0]));
  stage.pause = 0s;
  auto later = p.run_within<DisconnectOperation>(1min);
  CHECK(stage.keys[1].index == stage.keys[0].index);
  p.advance(1min - 1ns);
  CHECK_FALSE(later.completed());
  p.advance(1ns);
  CHECK(later.errc() == Errc::timed_out);
  CHECK(stage.resumed == 0);
}

TEST_CASE("PendingOps: draining gives everything, oldest first") {
  HoldingPipeline p;
  auto& stage = p.stage<HoldingStage>();
  p.run<ConnectOperation>();
  p.run<DisconnectOperation>();
  p.run<MqttSubscribeOperation>("topic");
  complete(stage.held.take(stage.keys[1]));  // A gap, which the next operation fills.
  p.run<ReauthorizeConnectionOperation>();
  std::string names;
  for (OpPtr& op : stage.held.take_all()) {
    names += std::string(op->name()) + ' ';
    complete(std::move(op));
  }
  CHECK(names == "ConnectOperation MqttSubscribeOperation ReauthorizeConnectionOperation ");
  CHECK(stage.held.empty());
}

TEST_CASE("PendingOps: what is held while draining is not drained with it") {
  HoldingPipeline p;
  auto& stage = p.stage<HoldingStage>();
  Error outcome;
  auto op = make_op<ConnectOperation>();
  op->then([&](OpPtr, Error error) {
    outcome = std::move(error);
    stage.held.hold(make_op<DisconnectOperation>());
  });
  stage.held.hold(std::move(op));
  stage.held.fail_all(Errc::operation_cancelled);
  CHECK(outcome.code() == Errc::operation_cancelled);
  CHECK(stage.held.size() == 1);
}

TEST_CASE("PendingOps: a stage that is closed fails what it holds, for the reason given") {
  HoldingPipeline p;
  auto connect = p.run_within<ConnectOperation>(5s);
  p.stage<HoldingStage>().pause = 20s;
  auto waiting = p.run<DisconnectOperation>();
  p.close(Error(Errc::operation_cancelled, "closed by the test"));
  CHECK(connect.error().detail() == "closed by the test");
  CHECK(waiting.errc() == Errc::operation_cancelled);
  CHECK(p.loop().pending_timers() == 0);
}

TEST_CASE("PendingOps: thousands are held, and each ends at its own deadline") {
  HoldingPipeline p;
  std::vector<test::Run<MqttSubscribeOperation>> runs;
  for (int i = 1; i <= 2000; ++i) {
    runs.push_back(p.run_within<MqttSubscribeOperation>(i * 1ms, "topic"));
  }
  p.advance(1000ms);
  CHECK(runs[999].errc() == Errc::timed_out);
  CHECK_FALSE(runs[1000].completed());
  CHECK(p.stage<HoldingStage>().held.size() == 1000);
  p.advance(1000ms);
  CHECK(p.stage<HoldingStage>().held.empty());
}

}  // namespace
}  // namespace azure::iot::device
