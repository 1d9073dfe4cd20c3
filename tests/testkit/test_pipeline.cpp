#include "test_pipeline.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "violations.hpp"

namespace azure::iot::device::test {

void EventRecord::add(const Event& event) {
  names.emplace_back(event.name());
  if (const auto* background = event_cast<BackgroundExceptionEvent>(event)) {
    background_errors.push_back(background->error);
  } else if (const auto* disconnected = event_cast<DisconnectedEvent>(event)) {
    disconnect_causes.push_back(disconnected->cause);
  }
}

std::size_t EventRecord::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count(names.begin(), names.end(), name));
}

TestChain::~TestChain() {
  for (const std::string& text : finish()) report_violation(text);
}

std::vector<std::string> TestChain::finish() {
  close();
  std::vector<std::string> violations;
  for (const auto& outcome : outcomes_) {
    if (outcome->times == 1 || std::exchange(outcome->told, true)) continue;
    violations.push_back(outcome->name + " must complete exactly once; it completed " +
                         std::to_string(outcome->times) + " times");
  }
  return violations;
}

void TestChain::close(Error why) {
  if (pipeline_) pipeline_->close(std::move(why));
  settle();
}

Pipeline::EventSink TestChain::sink() {
  return [this](const Event& event) {
    events.add(event);
    history.emplace_back(event.name());
    if (on_event) on_event(event);
  };
}

void TestChain::start(std::shared_ptr<Pipeline> pipeline) {
  pipeline_ = std::move(pipeline);
  const auto initialized = run<InitializePipelineOperation>();
  if (!initialized.succeeded()) {
    throw std::runtime_error("the chain cannot be initialized: " + initialized.error().describe());
  }
  history.clear();
}

const Outcome& TestChain::enter(OpPtr op) {
  outcomes_.push_back(std::make_unique<Outcome>(Outcome{.name = std::string(op->name())}));
  Outcome& outcome = *outcomes_.back();
  op->then([this, &outcome](OpPtr done, Error error) {
    ++outcome.times;
    outcome.error = std::move(error);
    outcome.op = std::move(done);
    history.push_back(outcome.name + ": " + std::string(to_string(outcome.error.code())));
  });
  pipeline_->enter(std::move(op));
  return outcome;
}

}  // namespace azure::iot::device::test
