#include "pipeline/operation.hpp"

#include "pipeline/stage.hpp"

namespace azure::iot::device {

void Abandon::operator()(Operation* op) const noexcept {
  if (op->finished()) {
    delete op;
  } else {
    complete(OpPtr(op), Error(Errc::abandoned, "a stage dropped the operation"));
  }
}

void complete(OpPtr op, Error error) noexcept {
  if (op->finished()) return;  // No continuation is left.
  Continuation next = op->pop();
  try {
    next(std::move(op), std::move(error));
  } catch (...) {
    Stage::report_continuation();
  }
}

Continuation& Operation::next_free() {
  Continuation& free = count_ < first_.size() ? first_[count_] : more_.emplace_back();
  ++count_;
  return free;
}

Continuation Operation::pop() {
  --count_;
  if (count_ < first_.size()) return std::move(first_[count_]);
  Continuation last = std::move(more_.back());
  more_.pop_back();
  return last;
}

void Operation::run() {
  const std::shared_ptr<Entrance> entrance = std::move(entrance_);
  entrance->enter(OpPtr(this));
}

void Operation::discard() {
  complete(OpPtr(this), Error(Errc::pipeline_not_running, "the event loop has ended"));
}

}  // namespace azure::iot::device
