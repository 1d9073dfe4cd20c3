#include "pipeline/pipeline.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "pipeline/loop/escape.hpp"
#include "pipeline/text/quoted.hpp"

namespace azure::iot::device {

class Pipeline::Root final : public Stage {
 public:
  explicit Root(EventSink on_event) : on_event_(std::move(on_event)) {}
  std::string_view name() const override { return "PipelineRoot"; }

 private:
  void handle_event(const Event& event) override { on_event_(event); }

  EventSink on_event_;
};

Pipeline::Pipeline(std::shared_ptr<EventLoop> loop, PipelineConfig config, EventSink on_event)
    : loop_(std::move(loop)), nucleus_{*loop_, std::move(config)} {
  append(std::make_unique<Root>(std::move(on_event)));
}

Pipeline::~Pipeline() { close(Error(Errc::pipeline_not_running, "the pipeline is gone")); }

void Pipeline::append(std::unique_ptr<Stage> stage) { insert(stages_.end(), std::move(stage)); }

void Pipeline::insert_before(std::string_view name, std::unique_ptr<Stage> stage) {
  insert(find(name), std::move(stage));
}

void Pipeline::insert_after(std::string_view name, std::unique_ptr<Stage> stage) {
  insert(std::next(find(name)), std::move(stage));
}

void Pipeline::submit(OpPtr op) {
  op->entrance_ = shared_from_this();
  Operation* const posted = op.release();
  try {
    loop_->post_work(posted);
  } catch (...) {
    report_escape("EventLoop::post_work", std::current_exception());
    complete(OpPtr(posted), Error(Errc::operation_error, "the event loop takes no work"));
  }
}

void Pipeline::enter(OpPtr op) {
  if (!closed_) {
    Stage& root = *stages_.front();
    const Stage::AtWork at_work(root);
    return root.enter(std::move(op));
  }
  complete(std::move(op), Error(Errc::pipeline_not_running, "the pipeline was shut down"));
}

void Pipeline::close(Error why) {
  if (closed_) return;
  closed_ = true;
  {
    const Stage::AtWork at_work(*stages_.front());
    for (auto stage = stages_.rbegin(); stage != stages_.rend(); ++stage) (*stage)->close(why);
    while (stages_.size() > 1) stages_.pop_back();
  }
  stages_.clear();
}

void Pipeline::insert(Stages::iterator place, std::unique_ptr<Stage> stage) {
  stages_.insert(place, std::move(stage));
  link();
}

Pipeline::Stages::iterator Pipeline::find(std::string_view name) {
  // The search skips the root: no stage may be inserted before it.
  const auto found = std::find_if(std::next(stages_.begin()), stages_.end(),
                                  [&](const auto& stage) { return stage->name() == name; });
  if (found != stages_.end()) return found;
  std::string known;
  for (auto stage = std::next(stages_.begin()); stage != stages_.end(); ++stage) {
    known.append(known.empty() ? "" : ", ").append(escaped((*stage)->name(), kLongestQuote));
  }
  throw std::invalid_argument("stage name: must be one of " + known + "; got " + quoted(name));
}

void Pipeline::link() {
  Stage* above = nullptr;
  for (const auto& stage : stages_) {
    stage->nucleus_ = &nucleus_;
    stage->above_ = above;
    stage->below_ = nullptr;
    if (above) above->below_ = stage.get();
    above = stage.get();
  }
}

}  // namespace azure::iot::device
