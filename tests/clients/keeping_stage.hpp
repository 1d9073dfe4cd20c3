#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "clients/stage_insertion.hpp"
#include "pipeline/operations.hpp"
#include "pipeline/pending_ops.hpp"

namespace azure::iot::device::test {

// Keeps the operations of this type permanently.
template <class Op>
class KeepingStage final : public Handles<KeepingStage<Op>, Ops<Op>> {
 public:
  std::string_view name() const override { return "KeepingStage"; }
  void run(Owned<Op> op) { kept_.hold(std::move(op)); }

 private:
  PendingOps kept_{*this, "for nothing"};
};

template <class Op>
inline StageInsertion keep_at_top() {
  return before("SasTokenStage", [] { return std::make_unique<KeepingStage<Op>>(); });
}

}  // namespace azure::iot::device::test
