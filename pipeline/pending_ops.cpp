#include "pipeline/pending_ops.hpp"

#include <algorithm>
#include <string>

#include "pipeline/stage.hpp"

namespace azure::iot::device {

struct PendingOps::Slot {
  OpPtr op;
  std::uint32_t index = 0;
  std::uint32_t generation = 1;
  PendingOps* owner = nullptr;
  Slot* older = nullptr;
  Slot* newer = nullptr;  // In a free slot: the next free one.
  SteadyTime resume_at = kNever;
  Timer timer;
  std::function<void(OpPtr)> resume;
};

PendingOps::PendingOps(Stage& stage, std::string_view what, std::function<Error()> why)
    : stage_(stage), what_(what), why_(std::move(why)), next_(stage.first_pending_) {
  stage.first_pending_ = this;
}

PendingOps::~PendingOps() {
  // A stage that was never closed still holds operations. Destroying the slots abandons them, so
  // that no caller keeps waiting.
  for (Slot* slot = oldest_; slot; slot = slot->newer) slot->timer.cancel();
}

OpKey PendingOps::hold(OpPtr op) {
  Slot& slot = new_slot(std::move(op));
  if (slot.op->deadline != kNever) arm(slot, slot.op->deadline);
  return {slot.index, slot.generation};
}

OpKey PendingOps::hold_until(OpPtr op, SteadyTime when, std::function<void(OpPtr)> resume) {
  Slot& slot = new_slot(std::move(op));
  slot.resume_at = when;
  slot.resume = std::move(resume);
  arm(slot, std::min(when, slot.op->deadline));
  return {slot.index, slot.generation};
}

Operation* PendingOps::find(OpKey key) const {
  if (key.index >= slots_.size()) return nullptr;
  const Slot& slot = slots_[key.index];
  // No slot has the generation of an empty key.
  return slot.generation == key.generation ? slot.op.get() : nullptr;
}

OpKey PendingOps::find_first(const std::function<bool(Operation&)>& wanted) const {
  for (const Slot* slot = oldest_; slot; slot = slot->newer) {
    if (wanted(*slot->op)) return {slot->index, slot->generation};
  }
  return {};
}

OpPtr PendingOps::take(OpKey key) { return find(key) ? release(slots_[key.index]) : nullptr; }

OpKey PendingOps::oldest_key() const {
  return oldest_ ? OpKey{oldest_->index, oldest_->generation} : OpKey{};
}

std::vector<OpPtr> PendingOps::take_all() {
  std::vector<OpPtr> all;
  all.reserve(size_);
  while (oldest_) all.push_back(release(*oldest_));
  return all;
}

// Allocates nothing, since closing a chain must not fail.
void PendingOps::fail_all(const Error& error) {
  WorkList all;
  while (oldest_) all.push(release(*oldest_).release());
  stage_.guard([&] {
    while (auto* const op = static_cast<Operation*>(all.pop())) complete(OpPtr(op), error);
  });
}

PendingOps::Slot& PendingOps::new_slot(OpPtr op) {
  if (!free_) {
    slots_.emplace_back();
    slots_.back().index = static_cast<std::uint32_t>(slots_.size() - 1);
    slots_.back().owner = this;
    free_ = &slots_.back();
  }
  Slot& slot = *free_;
  free_ = slot.newer;
  slot.op = std::move(op);
  slot.older = newest_;
  slot.newer = nullptr;
  (newest_ ? newest_->newer : oldest_) = &slot;
  newest_ = &slot;
  ++size_;
  return slot;
}

void PendingOps::arm(Slot& slot, SteadyTime due) {
  try {
    const auto fire = [s = &slot] { s->owner->on_due(*s); };
    if (slot.op->deadline <= due) {
      slot.timer.start_deadline(stage_.loop(), due, fire);
    } else {
      slot.timer.start_at(stage_.loop(), due, fire);
    }
  } catch (...) {
    release(slot);  // Without its timer, the operation is not held.
    throw;
  }
}

void PendingOps::on_due(Slot& slot) {
  const bool expired =
      slot.op->deadline <= stage_.loop().now();  // The deadline wins if both are due.
  std::function<void(OpPtr)> resume = std::move(slot.resume);
  OpPtr op = release(slot);
  stage_.guard([&] {
    if (!expired) return resume(std::move(op));
    complete(std::move(op), Error(Errc::timed_out, "timed out while waiting " + std::string(what_),
                                  why_ ? why_() : Error()));
  });
}

OpPtr PendingOps::release(Slot& slot) {
  slot.timer.cancel();
  slot.resume = nullptr;
  slot.resume_at = kNever;
  if (++slot.generation == 0) slot.generation = 1;
  (slot.older ? slot.older->newer : oldest_) = slot.newer;
  (slot.newer ? slot.newer->older : newest_) = slot.older;
  slot.older = nullptr;
  slot.newer = free_;
  free_ = &slot;
  --size_;
  return std::move(slot.op);
}

}  // namespace azure::iot::device
