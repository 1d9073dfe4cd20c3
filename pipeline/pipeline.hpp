#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "nucleus.hpp"
#include "stage.hpp"

namespace azure::iot::device {

// The entry to a chain of stages: operations from any thread enter here, and events leave here.
// (Python: PipelineRootStage.)
//
//   auto pipeline = std::make_shared<Pipeline>(loop, config, on_event);
//   pipeline->append(std::make_unique<AutoConnectStage>());   // ... then the others, top to bottom
//   pipeline->submit(std::move(op));
class Pipeline final : public Entrance, public std::enable_shared_from_this<Pipeline> {
 public:
  // Receives every event that reaches the top, on the loop's thread, in order. The comment of an
  // event says whether the sink may move data out of it.
  using EventSink = std::function<void(const Event&)>;

  Pipeline(std::shared_ptr<EventLoop> loop, PipelineConfig config, EventSink on_event);
  ~Pipeline() override;

  // Assemble the chain, before the first operation. `append` adds a stage at the bottom.
  void append(std::unique_ptr<Stage> stage);
  // Throws std::invalid_argument if no stage has that name.
  void insert_before(std::string_view name, std::unique_ptr<Stage> stage);
  void insert_after(std::string_view name, std::unique_ptr<Stage> stage);

  // Submits an operation. Any thread. The pipeline is kept alive until the operation has entered
  // it. After `close` the operation fails with `Errc::pipeline_not_running`.
  void submit(OpPtr op);
  // Enters an operation at once, on the loop's thread.
  void enter(OpPtr op) override;

  // Closes the stages from the bottom up, then destroys them. A closed stage refuses operations and
  // events, and its held operations fail with `why`. Call it on the loop's thread, not from inside
  // a stage. Idempotent.
  void close(Error why);
  bool closed() const { return closed_; }

  Nucleus& nucleus() & { return nucleus_; }
  const Nucleus& nucleus() const& { return nucleus_; }
  EventLoop& loop() & { return *loop_; }

 private:
  // The upper end of the chain, above the topmost stage.
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
