#include <atomic>
#include <latch>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <fcntl.h>

#include "pipeline/log.hpp"
#include "pipeline/loop/event_loop.hpp"
#include "tests/threads/loop_probe.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;

TEST_CASE("EpollLoop: work from many threads all runs, in order for each of them") {
  constexpr int kProducers = 8;
  constexpr int kEach = 20'000;
  const auto loop = EventLoop::create();
  std::vector<int> next(kProducers);  // Only touched on the loop.
  int out_of_order = 0;
  std::vector<std::thread> producers;
  for (int p = 0; p < kProducers; ++p) {
    producers.emplace_back([&, p] {
      for (int i = 0; i < kEach; ++i) {
        loop->post([&, p, i] {
          if (next[static_cast<std::size_t>(p)]++ != i) ++out_of_order;
        });
      }
    });
  }
  for (auto& producer : producers) producer.join();
  on_loop(*loop, [&] {
    for (const int count : next) CHECK(count == kEach);
    CHECK(out_of_order == 0);
  });
}

TEST_CASE("EpollLoop: a loop that goes to sleep again and again misses no work") {
  const auto loop = EventLoop::create();
  for (int i = 0; i < 20'000; ++i) {
    std::atomic<bool> ran = false;
    loop->post([&] {
      ran = true;
      ran.notify_one();
    });
    ran.wait(false);
  }
}

TEST_CASE("EpollLoop: only work that meets a sleeping loop wakes it") {
  const auto loop = EventLoop::create();
  std::latch busy(1), release(1);
  loop->post([&] {
    busy.count_down();
    release.wait();
  });
  busy.wait();
  const auto before = eventfd_writes();
  for (int i = 0; i < 1000; ++i) loop->post([] {});
  CHECK(eventfd_writes() == before);
  release.count_down();
  on_loop(*loop, [] {});
  const int thread = threads_named("azure-iot-loop").at(0);
  const long waits = waits_of_thread(thread);
  CHECK(eventually([&] {  // Asleep: a post writes exactly once.
    const auto writes = eventfd_writes();
    on_loop(*loop, [] {});
    return eventfd_writes() == writes + 1;
  }));
  CHECK(eventually([&] { return waits_of_thread(thread) > waits; }));
}

TEST_CASE("EpollLoop: does not wake up while nothing is due") {
  const auto loop = EventLoop::create();
  auto timers = std::make_unique<std::pair<Timer, Timer>>();
  Alarm alarm;
  on_loop(*loop, [&] {
    timers->first.start(*loop, 1h, [] {});
    timers->second.start(*loop, 20ms, [] {});
    timers->second.cancel();
    alarm.start(*loop, loop->wall_now() + 1h, [] {});
  });
  const int thread = threads_named("azure-iot-loop").at(0);
  std::this_thread::sleep_for(100ms);
  const long before = waits_of_thread(thread);
  std::this_thread::sleep_for(300ms);
  CHECK(waits_of_thread(thread) == before);
  on_loop(*loop, [&] {
    timers.reset();
    alarm.cancel();
  });
}

TEST_CASE("EpollLoop: a timer that was cancelled while it slept does not wake it up") {
  const auto loop = EventLoop::create();
  Timer timer;
  on_loop(*loop, [&] { timer.start(*loop, 300ms, [] {}); });
  const int thread = threads_named("azure-iot-loop").at(0);
  std::this_thread::sleep_for(50ms);
  on_loop(*loop, [&] { timer.cancel(); });
  std::this_thread::sleep_for(100ms);
  const long before = waits_of_thread(thread);
  std::this_thread::sleep_for(400ms);
  CHECK(waits_of_thread(thread) == before);
}

TEST_CASE("EpollLoop: its thread has a name, and sees no signals but faults") {
  const auto loop = EventLoop::create();
  CHECK(eventually([] { return threads_named("azure-iot-loop").size() == 1; }));
  CHECK(on_loop(*loop, [] { return signals_not_blocked(); }) == kOnlyFaults);
  CHECK(signals_not_blocked() != kOnlyFaults);
  CHECK(on_loop(*loop, [&] { return loop->in_loop_thread(); }));
  CHECK_FALSE(loop->in_loop_thread());
}

TEST_CASE("EpollLoop: no descriptor of it survives an exec, none survives the loop") {
  std::optional loop = EventLoop::create();
  int count = 0;
  for (const char* kind : {"[eventpoll]", "[eventfd]", "[timerfd]"}) {
    for (const FdInfo& info : descriptors(kind)) {
      CHECK((::fcntl(info.fd, F_GETFD) & FD_CLOEXEC) != 0);
      ++count;
    }
  }
  CHECK(count == 4);
  loop.reset();
  CHECK(descriptors("[eventpoll]").empty());
  CHECK(descriptors("[timerfd]").empty());
}

TEST_CASE("EpollLoop: timers fire in order, none early") {
  const auto loop = EventLoop::create();
  std::promise<void> done;
  std::string order;
  std::vector<Duration> late;
  std::vector<Timer> timers(3);
  const auto begin = std::chrono::steady_clock::now();
  on_loop(*loop, [&] {
    const auto note = [&](char name) {
      order += name;
      late.push_back(std::chrono::steady_clock::now() - begin);
      if (order.size() == 3) done.set_value();
    };
    timers[0].start(*loop, 60ms, [note] { note('c'); });
    timers[1].start(*loop, 30ms, [note] { note('b'); });
    timers[2].start(*loop, 0ms, [note] { note('a'); });
  });
  get(done.get_future());
  CHECK(order == "abc");
  CHECK(late[1] >= 30ms);
  CHECK(late[2] >= 60ms);
  CHECK(late[2] < 5s);
}

TEST_CASE("EpollLoop: a deadline fires before what is due with it, whenever that was started") {
  const auto loop = EventLoop::create();
  std::promise<void> done;
  std::string order;
  Timer before, deadline;
  on_loop(*loop, [&] {
    before.start(*loop, 1ms, [&] {
      order += 'b';
      done.set_value();
    });
    deadline.start_deadline(*loop, before.due(), [&] { order += 'd'; });
  });
  get(done.get_future());
  CHECK(on_loop(*loop, [&] { return order; }) == "db");
}

TEST_CASE("EpollLoop: a timer that restarts itself without delay keeps nobody else from running") {
  const auto loop = EventLoop::create();
  Timer eager;
  int fired = 0;
  std::function<void()> again = [&] {
    ++fired;
    eager.start(*loop, 0s, again);
  };
  on_loop(*loop, again);
  for (int i = 0; i < 100; ++i) on_loop(*loop, [] {});
  CHECK(eventually([&] { return on_loop(*loop, [&] { return fired > 100; }); }));
  on_loop(*loop, [&] { eager.cancel(); });
}

TEST_CASE("EpollLoop: a turn does posted work, then due timers; what was left waits for the rest") {
  const auto loop = EventLoop::create();
  std::string order;
  Timer timer;
  std::promise<void> done;
  loop->post([&] {
    auto last = [&] {
      order += 'e';
      done.set_value();
    };
    loop->before_waiting(new PostedCall<decltype(last)>(last));
    timer.start(*loop, 0s, [&] { order += 't'; });
    loop->post([&] { order += 'n'; });  // For the next turn.
    order += 'p';
  });
  get(done.get_future());
  CHECK(on_loop(*loop, [&] { return order; }) == "ptne");
}

TEST_CASE("EpollLoop: what was left for before it waits is done soon though it never waits") {
  const auto loop = EventLoop::create();
  std::atomic<bool> done = false;
  std::function<void()> busy = [&] {
    if (!done) loop->post(busy);
  };
  loop->post([&] {
    auto left = [&] { done = true; };
    loop->before_waiting(new PostedCall<decltype(left)>(left));
    busy();
  });
  CHECK(eventually([&] { return done.load(); }));
  done = true;
  on_loop(*loop, [] {});  // The last of them has run.
}

TEST_CASE("EpollLoop: an alarm fires at its time of day, and the system tells of jumps meanwhile") {
  const auto loop = EventLoop::create();
  // The timer for a time far away that ends when the wall clock is set.
  const auto watched = [] {
    for (const FdInfo& info : descriptors("[timerfd]")) {
      if (info.text.find("clockid: 0\n") != std::string::npos) {
        return info.text.find("settime flags: 03") != std::string::npos &&
               info.text.find("it_value: (0, 0)") == std::string::npos;
      }
    }
    return false;
  };
  CHECK_FALSE(watched());
  Alarm alarm;
  std::promise<WallTime> fired;
  const WallTime due = loop->wall_now() + 100ms;
  on_loop(*loop, [&] { alarm.start(*loop, due, [&] { fired.set_value(loop->wall_now()); }); });
  CHECK(eventually([&] { return watched() || loop->wall_now() > due; }));
  CHECK(get(fired.get_future()) >= due);
  CHECK(eventually([&] { return !watched(); }));
}

TEST_CASE("EpollLoop: what is thrown by what it runs is logged, and it goes on") {
  std::mutex mutex;
  std::string logged;
  set_log_sink(LogLevel::error, [&](const LogRecord& record) {
    const std::lock_guard lock(mutex);
    logged += std::string(record.text) + "\n";
  });
  {
    const auto loop = EventLoop::create();
    loop->post([] { throw std::runtime_error("boom"); });
    Timer timer;
    on_loop(*loop, [&] { timer.start(*loop, 0s, [] { throw 7; }); });
    on_loop(*loop, [] {});
    CHECK(eventually([&] { return on_loop(*loop, [&] { return !timer.running(); }); }));
  }
  set_log_sink(LogLevel::silent, nullptr);
  CHECK(logged ==
        "An exception came out of posted work: boom\n"
        "An exception of unknown type came out of a timer's function\n");
}

TEST_CASE("EpollLoop: work left when its last owner goes is discarded, not run") {
  auto ran = std::make_shared<std::atomic<bool>>(false);
  std::latch busy(1);
  auto loop = EventLoop::create();
  loop->post([&busy, &raw = *loop, watcher = std::weak_ptr(loop), ran] {
    auto late = [ran] { *ran = true; };
    raw.before_waiting(new PostedCall<decltype(late)>(late));
    busy.count_down();
    while (!watcher.expired()) std::this_thread::yield();
    std::this_thread::sleep_for(50ms);  // From no owner to the order to stop it is not far.
  });
  busy.wait();
  loop->post([ran] { *ran = true; });
  loop.reset();  // Waits for what runs, and for nothing else.
  CHECK_FALSE(*ran);
  CHECK(ran.use_count() == 1);
}

TEST_CASE("EpollLoop: its last owner may go on its own thread") {
  auto ran = std::make_shared<std::atomic<bool>>(false);
  std::latch busy(1), release(1);
  auto loop = EventLoop::create();
  auto* const raw = loop.get();
  raw->post([&busy, &release, owner = std::move(loop)] {
    busy.count_down();
    release.wait();
  });
  busy.wait();
  raw->post([ran] { *ran = true; });
  release.count_down();
  CHECK(eventually([] { return threads_named("azure-iot-loop").empty(); }));
  CHECK_FALSE(*ran);
  CHECK(ran.use_count() == 1);
  CHECK(descriptors("[eventpoll]").empty());
}

TEST_CASE("EpollLoop: timers that outlive it are stopped, and let go of what they hold") {
  auto held = std::make_shared<int>(1);
  Timer timer;
  Alarm alarm;
  {
    const auto loop = EventLoop::create();
    on_loop(*loop, [&] {
      timer.start(*loop, 1h, [held] {});
      alarm.start(*loop, loop->wall_now() + 1h, [held] {});
    });
  }
  CHECK_FALSE(timer.running());
  CHECK_FALSE(alarm.running());
  CHECK(held.use_count() == 1);
}

}  // namespace
}  // namespace azure::iot::device
