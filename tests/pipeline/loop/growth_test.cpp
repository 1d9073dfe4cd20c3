#include "support/growth.hpp"

#include <chrono>
#include <deque>
#include <memory>
#include <vector>

#include "pipeline/loop/manual_loop.hpp"
#include "pipeline/loop/timer.hpp"
#include "pipeline/pending_ops.hpp"
#include "support/test_pipeline.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using test::TestPipeline;

// Work with this many timers, each due a millisecond after the one before.
template <class F>
growth::Work on_timers(F f) {
  return [f](std::size_t size) {
    return [f, size] {
      ManualLoop loop;
      std::deque<Timer> timers(size);
      for (std::size_t i = 0; i < size; ++i) timers[i].start(loop, i * 1ms, [] {});
      f(loop, timers);
    };
  };
}

TEST_CASE("Timer: work grows with the number of timers no faster than they do") {
  growth::check({
      {"fire", 500, on_timers([](ManualLoop& loop, std::deque<Timer>&) { loop.advance(24h); })},
      {"cancel in order", 500, on_timers([](ManualLoop&, std::deque<Timer>& timers) {
         for (Timer& timer : timers) timer.cancel();
       })},
      {"cancel the last first", 500, on_timers([](ManualLoop&, std::deque<Timer>& timers) {
         while (!timers.empty()) timers.pop_back();
       })},
      {"start again", 500, on_timers([](ManualLoop& loop, std::deque<Timer>& timers) {
         for (Timer& timer : timers) timer.start(loop, 1s, [] {});
       })},
      {"all at once", 500,
       [](std::size_t size) {
         return [size] {
           ManualLoop loop;
           std::deque<Timer> timers(size);
           for (Timer& timer : timers) {
             timer.start(loop, 1s, [&] { timer.start(loop, 0s, [] {}); });
           }
           loop.advance(1s);
         };
       }},
      {"alarms and a jump of the clock", 500,
       [](std::size_t size) {
         return [size] {
           ManualLoop loop;
           std::deque<Alarm> alarms(size);
           for (Alarm& alarm : alarms) alarm.start(loop, loop.wall_now() + 1h, [] {});
           loop.jump_wall_clock(1h);
           loop.advance(1s);
         };
       }},
  });
}

TEST_CASE("ManualLoop: work grows with what is posted no faster than it does") {
  growth::check({{"post and run", 1000, [](std::size_t size) {
                    return [size] {
                      ManualLoop loop;
                      for (std::size_t i = 0; i < size; ++i) loop.post([] {});
                      loop.run_posted();
                    };
                  }}});
}

class HoldingStage final : public Stage {
 public:
  std::string_view name() const override { return "HoldingStage"; }
  PendingOps held{*this, "for the test"};
};

// Work on a stage that holds this many operations, each with a deadline.
template <class F>
growth::Work on_held(F f) {
  return [f](std::size_t size) {
    auto p = std::make_shared<TestPipeline<HoldingStage>>();
    auto keys = std::make_shared<std::vector<OpKey>>();
    PendingOps& held = p->stage<HoldingStage>().held;
    for (std::size_t i = 0; i < size; ++i) {
      auto op = make_op<ConnectOperation>();
      op->deadline = p->loop().now() + 1h + i * 1ms;
      keys->push_back(held.hold(std::move(op)));
    }
    return [f, p, keys, &held] {
      f(held, *keys);
      CHECK(held.empty());
    };
  };
}

TEST_CASE("PendingOps: work grows with what is held no faster than it does") {
  growth::check({
      {"take in order", 500, on_held([](PendingOps& held, std::vector<OpKey>& keys) {
         for (const OpKey key : keys) complete(held.take(key));
       })},
      {"take the last first", 500, on_held([](PendingOps& held, std::vector<OpKey>& keys) {
         for (; !keys.empty(); keys.pop_back()) complete(held.take(keys.back()));
       })},
      {"take all", 500, on_held([](PendingOps& held, std::vector<OpKey>&) {
         for (OpPtr& op : held.take_all()) complete(std::move(op));
       })},
      {"fail", 500, on_held([](PendingOps& held, std::vector<OpKey>&) {
         held.fail_all(Errc::operation_cancelled);
       })},
  });
}

}  // namespace
}  // namespace azure::iot::device
