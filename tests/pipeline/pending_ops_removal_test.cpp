// Held operations whose continuations end other held operations, or hold new ones.
#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "pipeline/pending_ops.hpp"
#include "support/test_pipeline.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using test::TestPipeline;

// Provides a place for PendingOps.
class LendingStage final : public Stage {
 public:
  std::string_view name() const override { return "LendingStage"; }
  PendingOps held{*this, "for the test"};
};

constexpr std::size_t kCount = 4;

// State shared by the continuations, which can capture little.
struct Situation {
  PendingOps& held;
  std::vector<OpKey> keys = {};
  std::size_t ended = 0;
  int taken = 0;
};

}  // namespace

TEST_CASE("PendingOps: any two can be taken in either order, and the rest keeps its order") {
  for (std::size_t x = 0; x < kCount; ++x) {
    for (std::size_t y = 0; y < kCount; ++y) {
      if (x == y) continue;
      TestPipeline<LendingStage> p;
      PendingOps& held = p.stage<LendingStage>().held;
      std::vector<OpKey> keys;
      std::string ended;
      std::string expected;
      for (std::size_t i = 0; i < kCount; ++i) {
        const char name = static_cast<char>('a' + i);
        auto op = make_op<ConnectOperation>();
        op->then([&ended, name](OpPtr, Error) { ended += name; });
        keys.push_back(held.hold(std::move(op)));
        if (i != x && i != y) expected += name;
      }
      complete(held.take(keys[x]));
      complete(held.take(keys[y]));
      ended.clear();
      // The places are reused, but come last in order.
      auto fresh = make_op<ConnectOperation>();
      fresh->then([&ended](OpPtr, Error) { ended += 'f'; });
      held.hold(std::move(fresh));
      CHECK(held.size() == kCount - 1);
      held.fail_all(Errc::operation_cancelled);
      CHECK(ended == expected + "f");
      CHECK(held.empty());
    }
  }
}

TEST_CASE("PendingOps: one that ends at its deadline may end others that are due with it") {
  TestPipeline<LendingStage> p;
  Situation now{p.stage<LendingStage>().held};
  for (std::size_t i = 0; i < kCount; ++i) {
    auto op = make_op<ConnectOperation>();
    op->deadline = p.loop().now() + 5s;
    op->then([&now, i](OpPtr, Error) {
      ++now.ended;
      if (i != 0) return;
      for (const std::size_t other : {3U, 1U}) complete(now.held.take(now.keys[other]));
    });
    now.keys.push_back(now.held.hold(std::move(op)));
  }
  p.advance(5s);
  CHECK(now.ended == kCount);
  CHECK(now.held.empty());
  CHECK(p.loop().pending_timers() == 0);
}

TEST_CASE("PendingOps: while all fail, one may not be taken by another, and each ends once") {
  TestPipeline<LendingStage> p;
  Situation now{p.stage<LendingStage>().held};
  for (std::size_t i = 0; i < kCount; ++i) {
    auto op = make_op<ConnectOperation>();
    op->then([&now](OpPtr, Error error) {
      ++now.ended;
      CHECK(error.code() == Errc::operation_cancelled);
      for (const OpKey key : now.keys) now.taken += now.held.take(key) != nullptr;
    });
    now.keys.push_back(now.held.hold(std::move(op)));
  }
  now.held.fail_all(Errc::operation_cancelled);
  CHECK(now.ended == kCount);
  CHECK(now.taken == 0);
}

}  // namespace azure::iot::device
