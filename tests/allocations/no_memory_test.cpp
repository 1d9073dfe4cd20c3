#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "allocations/counted.hpp"
#include "iothub/inbox.hpp"
#include "iothub/iothub_operations.hpp"
#include "pipeline/json/json.hpp"
#include "pipeline/loop/manual_loop.hpp"
#include "pipeline/loop/serial_queue.hpp"
#include "pipeline/pending_ops.hpp"
#include "support/test_hub_pipeline.hpp"

// Exhausted memory: ending must need none, and an operation completes in any case.

namespace azure::iot::device::test {
namespace {

// Destroys a value while there is no memory; how many allocations it tried.
template <class T>
std::size_t allocations_to_destroy(T value) {
  auto held = std::make_unique<T>(std::move(value));
  const NoMemory no_memory;
  held.reset();
  return no_memory.failed();
}

Json nested(int levels, bool in_objects) {
  Json value("the innermost");
  for (int level = 0; level < levels; ++level) {
    value = in_objects ? Json{{"before", level}, {"inside", std::move(value)}, {"after", "x"}}
                       : Json::array({level, std::move(value), "x"});
  }
  return value;
}

TEST_CASE("No memory: a value is destroyed without any, however deep and wide it is") {
  // In the pattern of a tree, beside chains.
  Json tree = Json::array({1, "two", Json{{"three", Json::array()}}});
  for (int level = 0; level < 12; ++level) {
    Json twice = Json::array();
    twice.push_back(tree).push_back(level).push_back(std::move(tree)).push_back(Json::object());
    tree = std::move(twice);
  }
  CHECK(allocations_to_destroy(std::move(tree)) == 0);
  CHECK(allocations_to_destroy(nested(1000, false)) == 0);
  CHECK(allocations_to_destroy(nested(1000, true)) == 0);
}

TEST_CASE("No memory: a value nested deeper than any stack is destroyed in linear time") {
  Json value;
  for (int level = 0; level < 1'000'000; ++level) {
    Json around = Json::array();
    around.push_back(std::move(value));
    value = std::move(around);
  }
  CHECK(allocations_to_destroy(std::move(value)) == 0);
}

TEST_CASE("No memory: an error keeps its code, and loses its text") {
  Error kept;
  {
    const NoMemory no_memory;
    const Error error(Errc::timed_out, "a text that is too long for any string to keep in itself");
    kept = error;
  }
  CHECK(kept.code() == Errc::timed_out);
  CHECK(kept.detail().empty());
}

TEST_CASE("No memory: queues, timers and inboxes are destroyed without any") {
  auto loop = std::make_shared<ManualLoop>();
  auto queue = std::make_unique<SerialQueue>(HandlerPool::create_inline(*loop));
  for (int i = 0; i < 3; ++i) queue->run([] {});
  auto inbox = std::make_unique<Inbox<std::string>>(3);
  for (int i = 0; i < 3; ++i) inbox->put("item");
  std::vector<Timer> timers(20);
  for (Timer& timer : timers) timer.start(*loop, std::chrono::seconds(1), [] {});
  Alarm alarms[3];
  for (Alarm& alarm : alarms) alarm.start(*loop, loop->wall_now() + std::chrono::hours(1), [] {});

  std::size_t failed = 0;
  {
    const NoMemory no_memory;
    queue.reset();
    inbox.reset();
    timers[7].cancel();
    loop.reset();
    failed = no_memory.failed();
  }
  CHECK(failed == 0);
}

int told = 0;

class HoldingStage : public Stage {
 public:
  std::string_view name() const override { return "HoldingStage"; }

 private:
  void run_op(OpPtr op) override { held_.hold(std::move(op)); }
  PendingOps held_{*this, "for ever"};
};

TEST_CASE("No memory: a chain is closed, and what it holds is told") {
  auto loop = std::make_shared<ManualLoop>();
  auto pipeline = std::make_shared<Pipeline>(loop, PipelineConfig{}, [](const Event&) {});
  pipeline->append(std::make_unique<HoldingStage>());
  told = 0;
  for (int i = 0; i < 10; ++i) {
    auto op = make_op<ConnectOperation>();
    op->deadline = SteadyTime(std::chrono::hours(1));
    op->then([](OpPtr, Error error) { told += error.code() == Errc::operation_cancelled; });
    pipeline->enter(std::move(op));
  }
  std::size_t failed = 0;
  {
    const NoMemory no_memory;
    pipeline->close(Errc::operation_cancelled);
    failed = no_memory.failed();
  }
  CHECK(told == 10);
  CHECK(failed == 0);
}

TEST_CASE("No memory: an operation that is dropped ends nevertheless") {
  told = 0;
  OpPtr op = make_op<ConnectOperation>();
  op->then([](OpPtr, Error error) { told += error.code() == Errc::abandoned; });
  {
    const NoMemory no_memory;
    op.reset();
  }
  CHECK(told == 1);
}

// Sends one message through the chain of a connected client while allocations fail; how many did.
std::size_t send_without_memory(std::size_t left, bool once) {
  TestHubChain p;
  p.run<ConnectOperation>();
  auto op = make_op<SendD2CMessageOperation>(Message(std::string(100, 'x')));
  op->deadline = p.loop().now() + std::chrono::minutes(1);
  told = 0;
  op->then([](OpPtr, Error) { ++told; });
  std::size_t failed = 0;
  {
    const NoMemory no_memory(left, once);
    p.pipeline().enter(std::move(op));
    failed = no_memory.failed();
  }
  p.settle();
  p.advance(std::chrono::minutes(2));
  CHECK(told == 1);
  CHECK(p.run<SendD2CMessageOperation>(Message("next")).succeeded());
  return failed;
}

TEST_CASE(
    "No memory: a message is told of once, whichever allocation fails, and the next goes out") {
  for (const bool once : {true, false}) {
    std::size_t left = 0;
    while (send_without_memory(left, once) > 0) ++left;
    CHECK(left > 3);
  }
}

}  // namespace
}  // namespace azure::iot::device::test
