#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <azure/iot/device/pipeline/events.hpp>
#include <azure/iot/device/pipeline/loop/manual_loop.hpp>
#include <azure/iot/device/pipeline/operations.hpp>
#include <azure/iot/device/pipeline/pipeline.hpp>
#include <azure/iot/device/pipeline/stages/mqtt_transport_stage.hpp>

#include "fake_mqtt_transport.hpp"

namespace azure::iot::device::test {

// The state of an operation, and its result once it has completed.
struct Outcome {
  std::string name;
  int times = 0;  // Number of completions.
  Error error = {};
  OpPtr op = nullptr;  // The completed operation, with its results.
  bool told = false;   // Already reported as not completed exactly once.
};

// A test's view of an operation that it runs. Valid while the TestPipeline lives.
template <class Op>
class Run {
 public:
  explicit Run(const Outcome& outcome) : outcome_(&outcome) {}

  bool completed() const { return outcome_->times > 0; }
  bool succeeded() const { return completed() && !error(); }
  const Error& error() const { return outcome_->error; }
  // The code of the error with which it failed. `Errc::ok` if it succeeded or has not completed
  // yet.
  Errc errc() const { return error().code(); }
  // Its results, once it has completed.
  const Op& op() const { return static_cast<const Op&>(*outcome_->op); }

 private:
  const Outcome* outcome_;
};

// The events that reached the top.
struct EventRecord {
  std::vector<std::string> names;
  std::vector<Error> background_errors;
  std::vector<Error> disconnect_causes;

  void add(const Event& event);
  std::size_t count(std::string_view name) const;
  template <class E>
  std::size_t count() const {
    return count(E::kName);
  }
};

// A chain of stages between a test and a far end without sockets, in virtual time. The destructor
// closes the chain. Each operation that was run must then have completed exactly once; the others
// are reported to `on_violation`.
class TestChain {
 public:
  TestChain() = default;
  TestChain(const TestChain&) = delete;
  TestChain& operator=(const TestChain&) = delete;
  ~TestChain();

  FakeMqttTransport transport;
  EventRecord events;
  // Events and completions in the order in which they reached the top: "ConnectedEvent",
  // "ConnectOperation: ok".
  std::vector<std::string> history;
  // Called with each event once it is recorded.
  std::function<void(const Event&)> on_event;

  Pipeline& pipeline() & { return *pipeline_; }
  Nucleus& nucleus() & { return pipeline_->nucleus(); }
  ManualLoop& loop() & { return *loop_; }
  ConnectionState state() { return nucleus().connection_state; }

  // Submits an operation, then runs the loop until nothing more is due without time passing.
  template <class Op, class... Args>
  Run<Op> run(Args&&... args) {
    return settled(begin<Op>(std::forward<Args>(args)...));
  }
  // Does the same with a deadline.
  template <class Op, class... Args>
  Run<Op> run_within(Duration limit, Args&&... args) {
    auto op = make_op<Op>(std::forward<Args>(args)...);
    op->deadline = saturating_add(loop_->now(), limit);
    return settled(begin(std::move(op)));
  }
  // Submits an operation and returns before the far end's answer is processed. The next call that
  // runs the loop processes it.
  template <class Op, class... Args>
  Run<Op> begin(Args&&... args) {
    return begin(make_op<Op>(std::forward<Args>(args)...));
  }
  template <class Op>
  Run<Op> begin(Owned<Op> op) {
    return Run<Op>(enter(std::move(op)));
  }

  // Runs everything that is due without time passing.
  void settle() { loop_->run_posted(); }
  void advance(Duration by) { loop_->advance(by); }
  void close(Error why = Errc::pipeline_not_running);
  // Closes the chain and returns the violations. They are not reported to `on_violation` as well.
  std::vector<std::string> finish();

 protected:
  // Adopts the assembled chain and initializes it. Throws std::runtime_error if that fails.
  void start(std::shared_ptr<Pipeline> pipeline);
  const std::shared_ptr<ManualLoop>& shared_loop() const { return loop_; }
  Pipeline::EventSink sink();

 private:
  template <class Op>
  Run<Op> settled(Run<Op> run) {
    settle();
    return run;
  }
  const Outcome& enter(OpPtr op);

  std::shared_ptr<ManualLoop> loop_ = std::make_shared<ManualLoop>();
  std::vector<std::unique_ptr<Outcome>> outcomes_;
  std::shared_ptr<Pipeline> pipeline_;
};

// The stages of a test, top to bottom, above a real MqttTransportStage.
//
//   TestPipeline<ConnectionRetryStage> p{{.connection_retry_interval = 10s}};
//   auto connect = p.run<ConnectOperation>();
//   p.transport.script({refuse});
//   p.transport.drop();
//   p.advance(10ms);
//   CHECK(p.transport.dials() == 2);
template <class... Stages>
class TestPipeline : public TestChain {
 public:
  // A stage that can be constructed from `extra`, the configuration of a service, is. Others are
  // default-constructed.
  template <class Extra = std::monostate>
  explicit TestPipeline(PipelineConfig config = {}, const Extra& extra = {}) {
    auto pipeline = std::make_shared<Pipeline>(shared_loop(), std::move(config), sink());
    (append<Stages>(*pipeline, extra), ...);
    pipeline->append(std::make_unique<MqttTransportStage>(transport.factory()));
    start(std::move(pipeline));
  }

  // A stage of the chain, for tests of stages with members of their own.
  template <class S>
  S& stage() & {
    return *std::get<S*>(stages_);
  }

 private:
  template <class S, class Extra>
  void append(Pipeline& pipeline, const Extra& extra) {
    std::unique_ptr<S> made;
    if constexpr (std::constructible_from<S, const Extra&>) {
      made = std::make_unique<S>(extra);
    } else {
      made = std::make_unique<S>();
    }
    std::get<S*>(stages_) = made.get();
    pipeline.append(std::move(made));
  }

  std::tuple<Stages*...> stages_;
};

}  // namespace azure::iot::device::test
