#pragma once

#include <memory>
#include <string_view>

#include "pipeline/retry_policy.hpp"
#include "pipeline/stage.hpp"
#include "simulation/world.hpp"

namespace azure::iot::device::simulation {

// Returns the retry policy of a client with these settings; null for the default one.
std::shared_ptr<const RetryPolicy> make_policy(World& world);

// A stage of the application that throws as often as the mood says, instead of passing an operation
// on.
class ThrowingStage final : public Stage {
 public:
  explicit ThrowingStage(World& world) : world_(world) {}
  std::string_view name() const override { return "ThrowingStage"; }

 private:
  void run_op(OpPtr op) override;

  World& world_;
};

}  // namespace azure::iot::device::simulation
