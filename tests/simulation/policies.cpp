#include "simulation/policies.hpp"

#include <stdexcept>

#include "pipeline/operations.hpp"

namespace azure::iot::device::simulation {
namespace {

using namespace std::chrono_literals;
using Policy = Settings::Policy;

// As an application might write it without considering the next attempt.
class Careless final : public RetryPolicy {
 public:
  explicit Careless(World& world) : world_(world) {}

  std::optional<Duration> next_pause(const Failure& failure) const override {
    const Policy policy = world_.settings.policy;
    if (policy == Policy::throws) fail(failure);
    if (failure.failures > 0 && !is_transient(failure.cause)) return std::nullopt;
    if (policy == Policy::gives_up && failure.failures > 2) return std::nullopt;
    return policy == Policy::gives_up ? 1s : policy == Policy::negative ? Duration(-1h) : 0s;
  }
  Duration holds_after() const override {
    if (world_.settings.policy == Policy::throws && world_.random.chance(300)) {
      throw std::runtime_error("no idea how long");
    }
    return world_.settings.policy == Policy::gives_up ? 30s : 0s;
  }

 private:
  [[noreturn]] void fail(const Failure& failure) const {
    ++world_.report.counts.policies_thrown;
    if (world_.random.chance(500)) throw std::runtime_error("no idea when");
    throw failure.failures;
  }

  World& world_;
};

}  // namespace

std::shared_ptr<const RetryPolicy> make_policy(World& world) {
  switch (world.settings.policy) {
    case Policy::standard: return nullptr;
    case Policy::spread:
      return std::make_shared<ExponentialBackoff>(ExponentialBackoff::Limits{.longest = 60s});
    default: return std::make_shared<Careless>(world);
  }
}

void ThrowingStage::run_op(OpPtr op) {
  const bool ends_the_chain = op->type() == type_id<ShutdownPipelineOperation>() ||
                              op->type() == type_id<InitializePipelineOperation>();
  if (!ends_the_chain && world_.random.chance(world_.mood->stage_throws)) {
    ++world_.report.counts.stages_thrown;
    throw std::runtime_error("a stage of the application");
  }
  send_op_down(std::move(op));
}

}  // namespace azure::iot::device::simulation
