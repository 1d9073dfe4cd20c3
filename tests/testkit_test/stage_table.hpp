#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "iothub/iothub_events.hpp"
#include "iothub/iothub_operations.hpp"
#include "pipeline/events.hpp"
#include "pipeline/operations.hpp"
#include "pipeline/pending_ops.hpp"
#include "pipeline/stages/auto_connect_stage.hpp"
#include "pipeline/stages/connection_retry_stage.hpp"
#include "provisioning/provisioning_operations.hpp"
#include "testkit/test_pipeline.hpp"

// Which operations and events each stage acts on, as its type says, or as it does.
namespace azure::iot::device::test {

// One of each kind of operation and event, in the order of the table.
struct OperationKind {
  std::string_view name;
  std::function<OpPtr()> make;
};
struct EventKind {
  std::string_view name;
  std::function<void(const std::function<void(const Event&)>&)> with;
};

template <class T, class... Args>
OperationKind operation(Args... args) {
  return {T::kName, [=] { return OpPtr(make_op<T>(args...)); }};
}
template <class T, class... Args>
EventKind event(Args... args) {
  return {T::kName, [=](const auto& f) {
            auto content = std::make_tuple(args...);
            std::apply([&](auto&... a) { f(T(a...)); }, content);
          }};
}

inline std::vector<OperationKind> operation_kinds() {
  const std::string text = "text";
  return {operation<InitializePipelineOperation>(),
          operation<ShutdownPipelineOperation>(),
          operation<ConnectOperation>(),
          operation<DisconnectOperation>(),
          operation<ReauthorizeConnectionOperation>(),
          operation<EnableFeatureOperation>(text),
          operation<DisableFeatureOperation>(text),
          operation<SendD2CMessageOperation>(Message{}),
          operation<SendOutputMessageOperation>(Message{}),
          operation<SendMethodResponseOperation>(MethodResponse{}),
          operation<GetTwinOperation>(),
          operation<PatchTwinReportedPropertiesOperation>(Json::object()),
          operation<RegisterOperation>(Json(), text),
          operation<PollStatusOperation>(text, text),
          operation<RequestAndResponseOperation>(Request{}),
          operation<RequestOperation>(Request{}, text),
          operation<MqttPublishOperation>(text, text),
          operation<MqttSubscribeOperation>(text),
          operation<MqttUnsubscribeOperation>(text),
          operation<PauseReadingOperation>(true)};
}

inline std::vector<EventKind> event_kinds() {
  return {event<ConnectedEvent>(),
          event<DisconnectedEvent>(),
          event<IncomingMqttMessageEvent>("topic", "payload"),
          event<ResponseEvent>("id", 200, "body"),
          event<C2DMessageEvent>(Message{}),
          event<InputMessageEvent>(Message{}),
          event<MethodRequestEvent>(MethodRequest{}),
          event<TwinDesiredPropertiesPatchEvent>(Json::object()),
          event<NewSasTokenRequiredEvent>(),
          event<BackgroundExceptionEvent>(Error(Errc::timed_out))};
}

// The kinds that one stage acts on, and those that it holds, by name. Every other kind passes it.
struct StageColumn {
  std::string name;
  std::set<std::string_view> acts_on;
  std::set<std::string_view> holds;
};

// A stage that lists what it acts on.
template <class S, class... O, class... E>
void add_lists(StageColumn& column, const Handles<S, Ops<O...>, Events<E...>>*) {
  (column.acts_on.insert(O::kName), ...);
  (column.acts_on.insert(E::kName), ...);
}

// Keeps what comes down, and counts it.
class FloorStage final : public Stage {
 public:
  std::string_view name() const override { return "FloorStage"; }
  bool took(const Operation* op) const { return last_ == op; }

 private:
  void run_op(OpPtr op) override {
    last_ = op.get();
    if (op->type() == type_id<ConnectOperation>()) {
      kept_.hold(std::move(op));
    } else {
      complete(std::move(op));
    }
  }

  const Operation* last_ = nullptr;
  PendingOps kept_{*this, "for the test"};
};

// A stage that has a rule for every operation, above the floor, with nothing else around it.
template <class S>
class AloneStage {
 public:
  AloneStage() {
    pipeline_->append(std::make_unique<S>());
    auto floor = std::make_unique<FloorStage>();
    floor_ = floor.get();
    pipeline_->append(std::move(floor));
  }
  ~AloneStage() { pipeline_->close(Errc::pipeline_not_running); }

  // Hands it in; whether it went by, at once.
  bool passes(OpPtr op) {
    const Operation* const seen = op.get();
    pipeline_->enter(std::move(op));
    return floor_->took(seen);
  }
  void receive(const Event& event) { floor_->receive(event); }
  ConnectionState& state() { return pipeline_->nucleus().connection_state; }

 private:
  std::shared_ptr<ManualLoop> loop_ = std::make_shared<ManualLoop>();
  std::shared_ptr<Pipeline> pipeline_ =
      std::make_shared<Pipeline>(loop_, PipelineConfig{}, [](const Event&) {});
  FloorStage* floor_ = nullptr;
};

// It holds what needs a connection while there is none.
inline void add_lists(StageColumn& column, const AutoConnectStage*) {
  for (const OperationKind& kind : operation_kinds()) {
    if (!AloneStage<AutoConnectStage>().passes(kind.make())) column.holds.insert(kind.name);
  }
}

// It acts on what changes the connection, also for those that wait, and holds the rest meanwhile.
inline void add_lists(StageColumn& column, const ConnectionRetryStage*) {
  for (const OperationKind& kind : operation_kinds()) {
    int ended = 0;
    AloneStage<ConnectionRetryStage> idle, changing;
    const bool passed = idle.passes(kind.make());
    const bool acts = !passed || idle.state() != ConnectionState::disconnected;
    changing.passes(make_op<ConnectOperation>());
    auto waiting = make_op<MqttPublishOperation>("topic", "payload");
    waiting->then([&](OpPtr, const Error&) { ++ended; });
    changing.passes(std::move(waiting));
    const bool held = !changing.passes(kind.make());
    if (acts || ended > 0) {
      column.acts_on.insert(kind.name);
    } else if (held) {
      column.holds.insert(kind.name);
    }
  }
  for (const EventKind& kind : event_kinds()) {
    for (const ConnectionState before :
         {ConnectionState::disconnected, ConnectionState::connected}) {
      AloneStage<ConnectionRetryStage> stage;
      stage.state() = before;
      kind.with([&](const Event& event) { stage.receive(event); });
      if (stage.state() != before) column.acts_on.insert(kind.name);
    }
  }
}

template <class S>
StageColumn column_of(std::string name) {
  StageColumn column{.name = std::move(name), .acts_on = {}, .holds = {}};
  add_lists(column, static_cast<const S*>(nullptr));
  return column;
}

}  // namespace azure::iot::device::test
