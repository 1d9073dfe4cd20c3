#include "pipeline/stage.hpp"

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "pipeline/log.hpp"
#include "pipeline/pending_ops.hpp"
#include "support/log_listener.hpp"
#include "support/test_pipeline.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using test::stall;
using test::TestPipeline;
using Strings = std::vector<std::string>;

// A stage like those of a user: counts connects, swallows drops.
class ListingStage final
    : public Handles<ListingStage, Ops<ConnectOperation>, Events<DisconnectedEvent>> {
 public:
  std::string_view name() const override { return "ListingStage"; }
  void run(Owned<ConnectOperation> op) {
    ++connects;
    send_op_down(std::move(op));
  }
  void on(const DisconnectedEvent&) { ++drops; }

  int connects = 0;
  int drops = 0;
};

// Fails in the selected way.
class ThrowingStage final
    : public Handles<ThrowingStage, Ops<ConnectOperation>, Events<ConnectedEvent>> {
 public:
  std::string_view name() const override { return "ThrowingStage"; }
  void run(Owned<ConnectOperation> op) {
    if (throws_on_op) throw std::runtime_error("the user's defect");
    if (throws_anything) throw 42;
    if (drops) return;
    send_op_down(std::move(op));
  }
  void on(const ConnectedEvent& event) {
    if (throws_on_event) throw std::runtime_error("the user's other defect");
    send_event_up(event);
  }

  bool throws_on_op = false;
  bool throws_anything = false;
  bool throws_on_event = false;
  bool drops = false;
};

TEST_CASE("Stage: acts on the types it lists, and lets every other pass") {
  const test::LogListener log(LogLevel::error);
  TestPipeline<ListingStage> p;
  p.run<ConnectOperation>();
  auto publish = p.run<MqttPublishOperation>("topic", "payload");
  CHECK(p.stage<ListingStage>().connects == 1);
  CHECK(publish.succeeded());
  CHECK(p.events.names == Strings{"ConnectedEvent"});
  p.transport.drop();
  p.settle();
  CHECK(p.stage<ListingStage>().drops == 1);
  CHECK(p.events.names == Strings{"ConnectedEvent", "BackgroundExceptionEvent"});
  CHECK(log.records.empty());
}

TEST_CASE("Stage: an event that no stage above takes is logged") {
  const test::LogListener log(LogLevel::error);
  ListingStage alone;
  alone.receive(ConnectedEvent());
  CHECK(log.records ==
        Strings{"error|ListingStage||no stage above takes the event ConnectedEvent"});
}

TEST_CASE("Stage: an operation that a stage throws on is abandoned, and the text is reported") {
  TestPipeline<ThrowingStage> p;
  p.stage<ThrowingStage>().throws_on_op = true;
  auto connect = p.run<ConnectOperation>();
  CHECK(connect.errc() == Errc::abandoned);
  CHECK(p.transport.dials() == 0);
  REQUIRE(p.events.background_errors.size() == 1);
  CHECK(p.events.background_errors[0].describe() == "user_stage: ThrowingStage: the user's defect");
}

TEST_CASE("Stage: whatever is thrown is caught, and the chain goes on") {
  TestPipeline<ThrowingStage> p;
  auto& stage = p.stage<ThrowingStage>();
  stage.throws_anything = true;
  CHECK(p.run<ConnectOperation>().errc() == Errc::abandoned);
  CHECK(p.events.background_errors[0].detail() == "ThrowingStage: unknown exception");
  stage.throws_anything = false;
  CHECK(p.run<ConnectOperation>().succeeded());
}

TEST_CASE("Stage: an event that a stage throws on is lost, and reported") {
  TestPipeline<ThrowingStage> p;
  p.stage<ThrowingStage>().throws_on_event = true;
  auto connect = p.run<ConnectOperation>();
  CHECK(connect.succeeded());
  CHECK(p.events.names == Strings{"BackgroundExceptionEvent"});
  CHECK(p.events.background_errors[0].detail() == "ThrowingStage: the user's other defect");
}

// Asks to see operations on their way back, and throws then if `throws` is set.
class ThrowsOnReturnStage final : public Stage {
 public:
  std::string_view name() const override { return "ThrowsOnReturnStage"; }
  bool throws = false;

 private:
  void run_op(OpPtr op) override {
    if (throws) op->then([](OpPtr, Error) { throw std::runtime_error("the user's third defect"); });
    send_op_down(std::move(op));
  }
};

TEST_CASE("Stage: what a continuation throws at an answer of the transport is reported") {
  TestPipeline<ThrowsOnReturnStage> p;
  p.run<ConnectOperation>();
  p.stage<ThrowsOnReturnStage>().throws = true;
  CHECK(p.run<MqttPublishOperation>("topic", "payload").errc() == Errc::abandoned);
  REQUIRE(p.events.background_errors.size() == 1);
  CHECK(p.events.background_errors[0].detail().ends_with("the user's third defect"));
}

TEST_CASE("Stage: what a continuation throws at a deadline is reported") {
  TestPipeline<ThrowsOnReturnStage> p;
  p.run<ConnectOperation>();
  p.stage<ThrowsOnReturnStage>().throws = true;
  p.transport.script_acks({stall});
  auto publish = p.run_within<MqttPublishOperation>(5s, "topic", "payload");
  p.advance(5s);
  CHECK(publish.errc() == Errc::abandoned);
  CHECK(p.events.background_errors.size() == 1);
}

TEST_CASE("Stage: a continuation that throws while the chain is closed keeps nothing else alive") {
  TestPipeline<ThrowsOnReturnStage> p;
  p.run<ConnectOperation>();
  p.transport.script_acks({stall, stall});
  p.stage<ThrowsOnReturnStage>().throws = true;
  auto first = p.run<MqttPublishOperation>("topic", "first");
  p.stage<ThrowsOnReturnStage>().throws = false;
  auto second = p.run<MqttPublishOperation>("topic", "second");
  p.close(Errc::operation_cancelled);
  CHECK(first.errc() == Errc::abandoned);
  CHECK(second.errc() == Errc::operation_cancelled);
  CHECK(p.pipeline().closed());
}

TEST_CASE("Stage: an operation that a stage drops is abandoned") {
  TestPipeline<ThrowingStage> p;
  p.stage<ThrowingStage>().drops = true;
  CHECK(p.run<ConnectOperation>().errc() == Errc::abandoned);
  CHECK(p.events.names.empty());
}

// No stage lists this type.
struct UnknownOperation : OperationOf<UnknownOperation> {
  static constexpr std::string_view kName = "UnknownOperation";
};

TEST_CASE("Stage: an operation that no stage knows fails at the bottom, which is named") {
  TestPipeline<ListingStage> p;
  auto unknown = p.run<UnknownOperation>();
  CHECK(unknown.errc() == Errc::pipeline_runtime);
  CHECK(unknown.error().detail() ==
        "UnknownOperation not handled after MqttTransportStage with no next stage");
}

// Records the order in which stages are closed, and the operations that they still see then.
class ClosingStage : public Stage {
 public:
  ClosingStage(std::string name, std::string& told) : name_(std::move(name)), told_(told) {}
  std::string_view name() const override { return name_; }

 private:
  void run_op(OpPtr op) override {
    op->then([this](OpPtr done, Error error) {
      told_ += name_ + " sees " + std::string(to_string(error.code())) + "; ";
      // Operations that it sends down now find the stages below closed.
      if (name_ == "upper") {
        auto late = make_op<UnknownOperation>();
        late->then([this](OpPtr, Error e) { told_ += std::string(to_string(e.code())) + "; "; });
        send_op_down(std::move(late));
      }
      complete(std::move(done), std::move(error));
    });
    if (name_ == "lower") return static_cast<void>(held_.hold(std::move(op)));
    send_op_down(std::move(op));
  }
  void on_close() override { told_ += name_ + " closes; "; }

  PendingOps held_{*this, "below"};
  std::string name_;
  std::string& told_;
};

TEST_CASE("Stage: the bottom closes first, what it held fails upwards, and nothing enters it") {
  auto loop = std::make_shared<ManualLoop>();
  std::string told;
  auto pipeline = std::make_shared<Pipeline>(loop, PipelineConfig{}, [](const Event&) {});
  pipeline->append(std::make_unique<ClosingStage>("upper", told));
  pipeline->append(std::make_unique<ClosingStage>("lower", told));
  auto op = make_op<ConnectOperation>();
  op->then([&](OpPtr, Error error) { told += "told " + error.detail() + "; "; });
  pipeline->enter(std::move(op));
  CHECK(told.empty());
  pipeline->close(Error(Errc::operation_cancelled, "by the test"));
  CHECK(told ==
        "lower closes; lower sees operation_cancelled; upper sees operation_cancelled; "
        "pipeline_not_running; told by the test; upper closes; ");
}

TEST_CASE("Stage: a worker that is held fails at the deadline of its parent") {
  class WorkerStage final : public Handles<WorkerStage, Ops<UnknownOperation>> {
   public:
    std::string_view name() const override { return "WorkerStage"; }
    void run(Owned<UnknownOperation> op) {
      send_op_down(make_worker<MqttPublishOperation>(std::move(op), "topic", "payload"));
    }
  };
  TestPipeline<WorkerStage> p;
  p.transport.script_acks({test::stall});
  auto parent = p.run_within<UnknownOperation>(3s);
  CHECK(p.transport.published() == Strings{"topic"});
  p.advance(3s - 1ns);
  CHECK_FALSE(parent.completed());
  p.advance(1ns);
  CHECK(parent.errc() == Errc::timed_out);
}

}  // namespace
}  // namespace azure::iot::device
