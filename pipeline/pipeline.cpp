#include "pipeline/pipeline.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <system_error>

#include <sys/random.h>

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
    : loop_(std::move(loop)), nucleus_{*loop_, std::move(config), &make_uuid} {
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
  loop_->post_work(op.release());
}

void Pipeline::enter(OpPtr op) {
  if (!closed_) return stages_.front()->enter(std::move(op));
  complete(std::move(op), Error(Errc::pipeline_not_running, "the pipeline was shut down"));
}

void Pipeline::close(Error why) {
  if (closed_) return;
  closed_ = true;
  for (auto stage = stages_.rbegin(); stage != stages_.rend(); ++stage) (*stage)->close(why);
  while (!stages_.empty()) stages_.pop_back();
}

void Pipeline::insert(Stages::iterator place, std::unique_ptr<Stage> stage) {
  stages_.insert(place, std::move(stage));
  link();
}

Pipeline::Stages::iterator Pipeline::find(std::string_view name) {
  // The root is where the chain begins: nothing stands before it.
  const auto found = std::find_if(std::next(stages_.begin()), stages_.end(),
                                  [&](const auto& stage) { return stage->name() == name; });
  if (found != stages_.end()) return found;
  std::string known;
  for (auto stage = std::next(stages_.begin()); stage != stages_.end(); ++stage) {
    known.append(known.empty() ? "" : ", ").append((*stage)->name());
  }
  throw std::invalid_argument("stage name: must be one of " + known + "; got \"" +
                              std::string(name) + "\"");
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

std::string make_uuid() {
  unsigned char random[16];
  if (getrandom(random, sizeof random, 0) != static_cast<ssize_t>(sizeof random)) {
    throw std::system_error(errno, std::generic_category(), "getrandom");
  }
  random[6] = static_cast<unsigned char>((random[6] & 0x0f) | 0x40);  // RFC 4122: version 4,
  random[8] = static_cast<unsigned char>((random[8] & 0x3f) | 0x80);  // variant 1.
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kHex[random[i] >> 4];
    text += kHex[random[i] & 0xf];
  }
  return text;
}

std::string_view to_string(ConnectionState state) {
  switch (state) {
    case ConnectionState::disconnected: return "disconnected";
    case ConnectionState::connecting: return "connecting";
    case ConnectionState::connected: return "connected";
    case ConnectionState::disconnecting: return "disconnecting";
    case ConnectionState::reauthorizing: return "reauthorizing";
  }
  return "unknown";
}

}  // namespace azure::iot::device
