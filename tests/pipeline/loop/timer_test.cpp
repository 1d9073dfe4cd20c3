#include "pipeline/loop/timer.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "pipeline/loop/manual_loop.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;

TEST_CASE("Timer: fires once, when its delay has passed and not before") {
  ManualLoop loop;
  int fired = 0;
  Timer timer;
  timer.start(loop, 10ms, [&] { ++fired; });
  CHECK(timer.running());
  CHECK(timer.due() == SteadyTime(10ms));
  loop.advance(10ms - 1ns);
  CHECK(fired == 0);
  loop.advance(1ns);
  CHECK(fired == 1);
  CHECK_FALSE(timer.running());
  loop.advance(1h);
  CHECK(fired == 1);
}

TEST_CASE("Timer: a cancelled, a restarted and a destroyed timer do not fire as first told") {
  ManualLoop loop;
  std::string fired;
  Timer cancelled;
  Timer restarted;
  auto destroyed = std::make_unique<Timer>();
  cancelled.start(loop, 1s, [&] { fired += 'c'; });
  restarted.start(loop, 1s, [&] { fired += 'r'; });
  destroyed->start(loop, 1s, [&] { fired += 'd'; });
  cancelled.cancel();
  restarted.start(loop, 2s, [&] { fired += 'R'; });
  destroyed.reset();
  CHECK(loop.pending_timers() == 1);
  loop.advance(1s);
  CHECK(fired.empty());
  loop.advance(1s);
  CHECK(fired == "R");
}

TEST_CASE("Timer: timers that are due together fire in the order of their starts") {
  ManualLoop loop;
  std::string fired;
  Timer a, b, c;
  b.start(loop, 1s, [&] { fired += 'b'; });
  a.start(loop, 1s, [&] { fired += 'a'; });
  c.start(loop, 1ms, [&] { fired += 'c'; });
  b.start(loop, 1s, [&] { fired += 'B'; });
  loop.advance(1s);
  CHECK(fired == "caB");
}

TEST_CASE("Timer: a deadline wins a tie, whenever it was started; several fire in that order") {
  ManualLoop loop;
  std::string fired;
  Timer before, deadline, other, sooner;
  before.start(loop, 1s, [&] { fired += 'b'; });
  deadline.start_deadline(loop, SteadyTime(1s), [&] { fired += 'd'; });
  other.start_deadline(loop, SteadyTime(1s), [&] { fired += 'o'; });
  sooner.start(loop, 1s - 1ns, [&] { fired += 's'; });
  loop.advance(1s);
  CHECK(fired == "sdob");
  deadline.start(loop, 1s, [&] { fired += 'D'; });  // Now a plain timer.
  before.start_deadline(loop, SteadyTime(2s), [&] { fired += 'B'; });
  loop.advance(1s);
  CHECK(fired == "sdobBD");
}

TEST_CASE("Timer: a turn taken earlier keeps its place among timers that are due together") {
  ManualLoop loop;
  std::string fired;
  const std::uint64_t turn = loop.take_turn();
  Timer a, b;
  a.start(loop, 1s, [&] { fired += 'a'; });
  b.start_at(loop, SteadyTime(1s), turn, [&] { fired += 'b'; });
  loop.advance(1s);
  CHECK(fired == "ba");
}

TEST_CASE("Timer: may restart itself inside its own function") {
  ManualLoop loop;
  std::vector<SteadyTime> fired;
  Timer timer;
  std::function<void()> tick = [&] {
    fired.push_back(loop.now());
    if (fired.size() < 3) timer.start(loop, 5s, tick);
  };
  timer.start(loop, 5s, tick);
  loop.advance(1min);
  CHECK(fired == std::vector{SteadyTime(5s), SteadyTime(10s), SteadyTime(15s)});
}

TEST_CASE("Timer: may be destroyed inside its own function, which lives on until it returns") {
  ManualLoop loop;
  auto timer = std::make_unique<Timer>();
  auto text = std::make_shared<std::string>("still here");
  std::string seen;
  timer->start(loop, 1s, [&, text] {
    timer.reset();
    seen = *text;
  });
  loop.advance(1s);
  CHECK(seen == "still here");
  CHECK(text.use_count() == 1);
}

TEST_CASE("Timer: what its function captured may hold the timer itself") {
  ManualLoop loop;
  auto timer = std::make_shared<Timer>();
  const std::weak_ptr<Timer> watcher = timer;
  timer->start(loop, 1s, [timer] {});
  Timer* raw = std::exchange(timer, nullptr).get();
  CHECK_FALSE(watcher.expired());
  raw->cancel();
  CHECK(watcher.expired());
}

TEST_CASE("Timer: a delay beyond the end of time never fires, and does no harm") {
  ManualLoop loop;
  Timer timer;
  bool fired = false;
  timer.start(loop, Duration::max(), [&] { fired = true; });
  loop.advance(1s);
  timer.start(loop, Duration::max(), [&] { fired = true; });
  CHECK(timer.due() == kNever);
  loop.advance(24h);
  CHECK_FALSE(fired);
}

TEST_CASE("Timer: is stopped when its loop ends first") {
  Timer timer;
  auto held = std::make_shared<int>(1);
  {
    ManualLoop loop;
    timer.start(loop, 1s, [held] {});
  }
  CHECK_FALSE(timer.running());
  CHECK(held.use_count() == 1);
}

TEST_CASE("Timer: many timers, started and cancelled at random, fire in order and all but those") {
  ManualLoop loop;
  std::mt19937 random(20240607);
  std::vector<Timer> timers(500);
  std::vector<std::optional<SteadyTime>> expected(timers.size());
  std::vector<SteadyTime> fired;
  for (int round = 0; round < 5000; ++round) {
    const std::size_t i = random() % timers.size();
    if (random() % 3 == 0) {
      timers[i].cancel();
      expected[i].reset();
    } else {
      const std::chrono::milliseconds delay(1 + random() % 1000);
      timers[i].start(loop, delay, [&] { fired.push_back(loop.now()); });
      expected[i] = SteadyTime(delay);
    }
  }
  std::vector<SteadyTime> due;
  for (const auto& time : expected) {
    if (time) due.push_back(*time);
  }
  std::sort(due.begin(), due.end());
  CHECK(loop.next_due() == due.front());
  loop.advance(1s);
  CHECK(fired == due);
  CHECK(loop.pending_timers() == 0);
  CHECK(loop.next_due() == kNever);
}

}  // namespace
}  // namespace azure::iot::device
