#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "pipeline/pending_ops.hpp"
#include "support/test_pipeline.hpp"

// Stages of an application that throw, above others that fail, drop and throw.

namespace azure::iot::device {
namespace {
using test::TestPipeline;

enum class Where { run_op, overload, continuation, handle_event, on_close };
enum class Below { succeeds, fails, drops, throws };
enum class When { at_once, at_shutdown, at_close };

const std::vector<Where> kPlaces{Where::run_op, Where::overload, Where::continuation,
                                 Where::handle_event, Where::on_close};
const std::vector<Below> kEnds{Below::succeeds, Below::fails, Below::drops, Below::throws};
const std::vector<When> kTimes{When::at_once, When::at_shutdown, When::at_close};

struct Case {
  Where where = Where::continuation;
  Below below = Below::drops;
  When when = When::at_once;
  int thrown = 0;

  [[noreturn]] void boom() {
    ++thrown;
    throw std::runtime_error("a defect");
  }
  void boom_at(Where place) {
    if (place == where) boom();
  }
};
Case current;

// Goes up shortly before the operation completes.
struct NoticeEvent : EventOf<NoticeEvent> {
  static constexpr std::string_view kName = "NoticeEvent";
};

class OverloadingStage : public Handles<OverloadingStage, Ops<MqttPublishOperation>,  //
                                        Events<NoticeEvent>> {
 public:
  std::string_view name() const override { return "OverloadingStage"; }
  void run(Owned<MqttPublishOperation> op) {
    current.boom_at(Where::overload);
    op->then([](OpPtr done, Error error) {
      current.boom_at(Where::continuation);
      complete(std::move(done), std::move(error));
    });
    send_op_down(std::move(op));
  }
  void on(const NoticeEvent&) { current.boom_at(Where::handle_event); }

 private:
  void on_close() override { current.boom_at(Where::on_close); }
};

class PlainStage : public Stage {
 public:
  std::string_view name() const override { return "PlainStage"; }

 private:
  void run_op(OpPtr op) override {
    if (op->type() == type_id<MqttPublishOperation>()) current.boom_at(Where::run_op);
    send_op_down(std::move(op));
  }
};

// Keeps an operation and completes it at the selected time.
class LowerStage : public Stage {
 public:
  std::string_view name() const override { return "LowerStage"; }

 private:
  void run_op(OpPtr op) override {
    if (op->type() == type_id<MqttPublishOperation>()) {
      if (current.when == When::at_once) return end(std::move(op));
      kept_ = std::move(op);
      return;
    }
    if (op->type() == type_id<ShutdownPipelineOperation>() && current.when == When::at_shutdown) {
      end(std::move(kept_));
    }
    send_op_down(std::move(op));
  }
  void on_close() override {
    if (current.when == When::at_close) end(std::move(kept_));
  }
  void end(OpPtr op) {
    send_event_up(NoticeEvent());
    if (!op) return;
    switch (current.below) {
      case Below::succeeds: return complete(std::move(op));
      case Below::fails: return complete(std::move(op), Errc::connection_dropped);
      case Below::drops: return;
      case Below::throws: current.boom();
    }
  }

  OpPtr kept_;
};

TEST_CASE("Throwing stages: an operation ends once, and each exception is reported once") {
  for (const Where where : kPlaces) {
    for (const Below below : kEnds) {
      for (const When when : kTimes) {
        current = {where, below, when};
        CAPTURE(static_cast<int>(where));
        CAPTURE(static_cast<int>(below));
        CAPTURE(static_cast<int>(when));
        TestPipeline<PlainStage, OverloadingStage, LowerStage> p;
        auto publish = p.run<MqttPublishOperation>("topic", "payload");
        p.run<ShutdownPipelineOperation>();
        CHECK(p.finish() == std::vector<std::string>{});
        CHECK(publish.completed());
        CHECK(current.thrown > 0);
        CHECK(p.events.background_errors.size() == static_cast<std::size_t>(current.thrown));
      }
    }
  }
}

// Throws when the first connect comes back.
class ConnectThrowingStage : public Handles<ConnectThrowingStage, Ops<ConnectOperation>> {
 public:
  std::string_view name() const override { return "ConnectThrowingStage"; }
  void run(Owned<ConnectOperation> op) {
    if (current.thrown == 0) op->then([](OpPtr, Error) { current.boom(); });
    send_op_down(std::move(op));
  }
};

TEST_CASE("Throwing stages: a continuation that throws does not disturb the stage that completes") {
  current = {};
  TestPipeline<ConnectThrowingStage> p;
  p.transport.script({test::stall});
  auto first = p.run<ConnectOperation>();
  // Displaces the first connect, whose continuation throws.
  CHECK(p.run<DisconnectOperation>().succeeded());
  CHECK(first.errc() == Errc::abandoned);
  REQUIRE(p.events.background_errors.size() == 1);
  CHECK(p.events.background_errors[0].describe() == "user_stage: a continuation: a defect");
}

// Is destroyed together with the operation that it keeps.
class KeepingStage : public Stage {
 public:
  std::string_view name() const override { return "KeepingStage"; }

 private:
  void run_op(OpPtr op) override {
    if (op->type() != type_id<MqttPublishOperation>()) return send_op_down(std::move(op));
    kept_.push_back(std::move(op));
  }
  std::vector<OpPtr> kept_;
};

TEST_CASE("Throwing stages: what a destructor drops is reported while the chain is closed") {
  current = {};
  TestPipeline<OverloadingStage, KeepingStage> p;
  auto first = p.run<MqttPublishOperation>("topic", "1");
  auto second = p.run<MqttPublishOperation>("topic", "2");
  CHECK(p.finish() == std::vector<std::string>{});
  CHECK(first.errc() == Errc::abandoned);
  CHECK(second.errc() == Errc::abandoned);
  CHECK(p.events.background_errors.size() == 2);
}

class NamelessStage : public Stage {
 public:
  std::string_view name() const override { throw std::runtime_error("no name"); }

 private:
  void run_op(OpPtr op) override {
    if (op->type() == type_id<MqttPublishOperation>()) throw 42;
    send_op_down(std::move(op));
  }
};

TEST_CASE("Throwing stages: a name that throws does not keep the report back") {
  TestPipeline<NamelessStage> p;
  CHECK(p.run<MqttPublishOperation>("topic", "payload").errc() == Errc::abandoned);
  REQUIRE(p.events.background_errors.size() == 1);
  CHECK(p.events.background_errors[0].detail() == "a stage whose name() throws: unknown exception");
}

TEST_CASE("Throwing stages: a timer of a stage may throw, or complete what then throws") {
  class TimerStage : public Stage {
   public:
    std::string_view name() const override { return "TimerStage"; }

   private:
    void run_op(OpPtr op) override {
      if (op->type() != type_id<MqttPublishOperation>()) return send_op_down(std::move(op));
      kept_ = std::move(op);
      timer_.start(loop(), std::chrono::seconds(1), [this] {
        guard([this] {
          complete(std::move(kept_));
          current.boom();
        });
      });
    }
    OpPtr kept_;
    Timer timer_;
  };
  current = {};
  TestPipeline<OverloadingStage, TimerStage> p;
  auto publish = p.run<MqttPublishOperation>("topic", "payload");
  p.advance(std::chrono::seconds(1));
  CHECK(publish.errc() == Errc::abandoned);
  REQUIRE(p.events.background_errors.size() == 2);
  CHECK(p.events.background_errors[1].detail() == "TimerStage: a defect");
}

TEST_CASE("Throwing stages: a loop that takes no work ends the operation") {
  class FullLoop : public EventLoop {
   public:
    SteadyTime now() const override { return {}; }
    SteadyTime steady_now() const override { return {}; }
    WallTime wall_now() const override { return {}; }
    bool in_loop_thread() const override { return true; }
    void post_work(PostedWork*) override { throw std::runtime_error("full"); }
    void before_waiting(PostedWork*) override {}
    void watch(int, unsigned, FdHandler) override {}
    void change_watch(int, unsigned) override {}
    void unwatch(int) override {}
  };
  auto pipeline = std::make_shared<Pipeline>(std::make_shared<FullLoop>(), PipelineConfig{},
                                             [](const Event&) {});
  auto op = make_op<ConnectOperation>();
  std::vector<Errc> told;
  op->then([&](OpPtr, Error error) { told.push_back(error.code()); });
  pipeline->submit(std::move(op));
  CHECK(told == std::vector{Errc::operation_error});
}

}  // namespace
}  // namespace azure::iot::device
