#include "pipeline/loop/timer_queue.hpp"

#include <string>

#include <doctest/doctest.h>

#include "tests/pipeline/loop/bare_loop.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;

TEST_CASE("TimerQueue: a timer that restarts itself without delay starves nothing behind it") {
  BareLoop loop;
  std::string fired;
  Timer eager, patient;
  std::function<void()> again = [&] {
    fired += 'e';
    eager.start_at(loop, SteadyTime(1s), again);  // Earlier than anything else, and past.
  };
  eager.start_at(loop, SteadyTime(1s), again);
  patient.start(loop, 0s, [&] { fired += 'p'; });

  const std::uint64_t turn = loop.take_turn();
  while (loop.timers().fire_one(loop.now_, turn)) {
  }
  CHECK(fired == "ep");
  CHECK(loop.timers().size() == 1);
  loop.timers().release_held_back();
  CHECK(loop.timers().next_due() == SteadyTime(1s));
  CHECK(loop.timers().fire_one(loop.now_, loop.take_turn()));
  CHECK(fired == "epe");
}

TEST_CASE("TimerQueue: a timer that is held back can be cancelled, and restarted for later") {
  BareLoop loop;
  std::string fired;
  const std::uint64_t turn = loop.take_turn();
  Timer a, b, c;
  a.start(loop, 0s, [&] { fired += 'a'; });
  b.start(loop, 0s, [&] { fired += 'b'; });
  c.start(loop, 0s, [&] { fired += 'c'; });
  CHECK_FALSE(loop.timers().fire_one(loop.now_, turn));
  CHECK(loop.timers().next_due() == kNever);
  a.cancel();
  b.start(loop, 1s, [&] { fired += 'B'; });
  CHECK(loop.timers().size() == 2);
  CHECK(loop.timers().next_due() == loop.now_ + 1s);
  loop.timers().release_held_back();
  while (loop.timers().fire_one(loop.now_ + 1s, loop.take_turn())) {
  }
  CHECK(fired == "cB");
}

TEST_CASE("TimerQueue: an old turn lets a timer fire that was started after the bound was taken") {
  BareLoop loop;
  const std::uint64_t earlier = loop.take_turn();
  const std::uint64_t bound = loop.take_turn();
  bool fired = false;
  Timer timer;
  timer.start_at(loop, loop.now_, earlier, [&] { fired = true; });
  CHECK(loop.timers().fire_one(loop.now_, bound));
  CHECK(fired);
}

}  // namespace
}  // namespace azure::iot::device
