#include "testkit/violations.hpp"

#include <doctest/doctest.h>

#include "testkit/test_pipeline.hpp"

namespace azure::iot::device::test {
namespace {
using Texts = std::vector<std::string>;

// A stage with the defect that the harness detects: it keeps operations that never complete.
class LosingStage final : public Handles<LosingStage, Ops<MqttPublishOperation>> {
 public:
  std::string_view name() const override { return "LosingStage"; }
  void run(Owned<MqttPublishOperation> op) { lost = std::move(op); }

  OpPtr lost;
};

const Texts kLost{"MqttPublishOperation must complete exactly once; it completed 0 times"};

TEST_CASE("TestChain: what completed exactly once is no violation") {
  TestPipeline<> p;
  p.run<ConnectOperation>();
  CHECK(p.finish().empty());
}

// The reports of a lost operation when the chain ends, and the result of `finish` before that.
struct Told {
  explicit Told(bool ask) {
    OpPtr lost;
    const auto before = on_violation([&](const std::string& text) {
      at_end.push_back(text);
      lost.reset();  // Destroys it while its report can still be received.
    });
    {
      TestPipeline<LosingStage> p;
      p.begin<MqttPublishOperation>("topic", "payload");
      lost = std::move(p.stage<LosingStage>().lost);
      if (ask) asked = p.finish();
      if (ask) lost.reset();
    }
    on_violation(before);
  }

  Texts asked;
  Texts at_end;
};

TEST_CASE("TestChain: an operation that never completes is told when the chain ends") {
  CHECK(Told(false).at_end == kLost);
}

TEST_CASE("TestChain: a violation that was asked for is not told again") {
  const Told told(true);
  CHECK(told.asked == kLost);
  CHECK(told.at_end.empty());
}

}  // namespace
}  // namespace azure::iot::device::test
