#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "nucleus.hpp"
#include "stage.hpp"

namespace azure::iot::device {

// The door of a chain of stages: operations of any thread enter here, events leave here. (Python:
// PipelineRootStage.)
//
//   auto pipeline = std::make_shared<Pipeline>(loop, config, on_event);
//   pipeline->append(std::make_unique<AutoConnectStage>());   // ... then the others, top to bottom
//   pipeline->submit(std::move(op));
class Pipeline final : public Entrance, public std::enable_shared_from_this<Pipeline> {
 public:
  // Receives every event that reaches the top, on the loop's thread, in order. What it may take
  // from an event is said with the event.
  using EventSink = std::function<void(const Event&)>;

  Pipeline(std::shared_ptr<EventLoop> loop, PipelineConfig config, EventSink on_event);
  ~Pipeline() override;

  // Assembly, before the first operation.
  void append(std::unique_ptr<Stage> stage);
  // Throws std::invalid_argument if no stage has that name.
  void insert_before(std::string_view name, std::unique_ptr<Stage> stage);
  void insert_after(std::string_view name, std::unique_ptr<Stage> stage);

  // Hands an operation in. Any thread; the pipeline is kept until the operation has entered. After
  // `close` it fails with `Errc::pipeline_not_running`.
  void submit(OpPtr op);
  // The same on the loop's thread, at once.
  void enter(OpPtr op) override;

  // Ends it: from the bottom up nothing enters a stage any more and what it holds fails with `why`;
  // then the stages are destroyed. On the loop's thread, not from inside a stage. Idempotent.
  void close(Error why);
  bool closed() const { return closed_; }

  Nucleus& nucleus() & { return nucleus_; }
  const Nucleus& nucleus() const& { return nucleus_; }
  EventLoop& loop() & { return *loop_; }

 private:
  // The end of the chain that the topmost stage sees.
  class Root;

  using Stages = std::vector<std::unique_ptr<Stage>>;
  void insert(Stages::iterator place, std::unique_ptr<Stage> stage);
  Stages::iterator find(std::string_view name);
  void link();

  std::shared_ptr<EventLoop> loop_;
  Nucleus nucleus_;
  Stages stages_;  // Top to bottom; the first is the root.
  bool closed_ = false;
};

}  // namespace azure::iot::device
