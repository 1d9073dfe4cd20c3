#include "pipeline/loop/handler_pool.hpp"

#include <atomic>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipeline/loop/serial_queue.hpp"
#include "tests/threads/loop_probe.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;

std::size_t pool_threads() { return threads_named("azure-iot-hdlr").size(); }

// Runs a task of its own on a queue, and waits until it has run, and so all before it.
void finish(SerialQueue& queue) {
  std::promise<void> done;
  auto future = done.get_future();
  queue.run([done = std::move(done)]() mutable { done.set_value(); });
  get(std::move(future));
}

// A thread that had just finished its task when its pool went may be there a moment longer.
void wait_for_former_threads() {
  REQUIRE(eventually([] { return pool_threads() == 0; }));
}

// The pool's threads, as seen from one of them.
std::size_t threads_during_a_task(SerialQueue& queue) {
  std::promise<std::size_t> seen;
  auto future = seen.get_future();
  queue.run([seen = std::move(seen)]() mutable { seen.set_value(pool_threads()); });
  return get(std::move(future));
}

// A task that stays inside user code until it is released.
struct Blocker {
  void run_on(SerialQueue& queue) {
    queue.run([this] {
      inside.count_down();
      release.wait();
      left.count_down();
    });
    inside.wait();
  }
  void end() {
    release.count_down();
    left.wait();
  }
  std::latch inside{1}, release{1}, left{1};
};

TEST_CASE("HandlerPool: tasks of one queue run in order, one at a time, from many threads' calls") {
  constexpr int kQueues = 6;
  constexpr int kProducers = 4;
  constexpr int kEach = 2'000;
  wait_for_former_threads();
  const auto pool = HandlerPool::create({.max_threads = 4});
  struct Line {
    explicit Line(const std::shared_ptr<HandlerPool>& p) : queue(p) {}
    SerialQueue queue;
    std::vector<int> next = std::vector<int>(kProducers);  // Unguarded: the queue is the guard.
    int out_of_order = 0;
  };
  std::vector<std::unique_ptr<Line>> lines;
  for (int q = 0; q < kQueues; ++q) lines.push_back(std::make_unique<Line>(pool));
  std::vector<std::thread> producers;
  for (std::size_t p = 0; p < kProducers; ++p) {
    producers.emplace_back([&, p] {
      for (int i = 0; i < kEach; ++i) {
        for (auto& line : lines) {
          line->queue.run([&line = *line, p, i] {
            if (line.next[p]++ != i) ++line.out_of_order;
          });
        }
      }
    });
  }
  for (auto& producer : producers) producer.join();
  for (auto& line : lines) {
    finish(line->queue);
    CHECK(line->next == std::vector<int>(kProducers, kEach));
    CHECK(line->out_of_order == 0);
  }
  CHECK(pool_threads() <= 4);
}

TEST_CASE("HandlerPool: has no thread until there is work, then named ones that see only faults") {
  wait_for_former_threads();
  const auto pool = HandlerPool::create();
  SerialQueue queue(pool);
  CHECK(pool_threads() == 0);
  std::promise<std::string> signals;
  queue.run([&] { signals.set_value(signals_not_blocked()); });
  CHECK(get(signals.get_future()) == kOnlyFaults);
  CHECK(threads_during_a_task(queue) == 1);
}

TEST_CASE("HandlerPool: blocked handlers keep neither other queues nor other clients waiting") {
  const auto pool = HandlerPool::create();
  std::vector<std::unique_ptr<SerialQueue>> queues;
  wait_for_former_threads();
  for (int i = 0; i < 10; ++i) queues.push_back(std::make_unique<SerialQueue>(pool));
  std::vector<Blocker> blockers(9);
  for (std::size_t i = 0; i < 9; ++i) blockers[i].run_on(*queues[i]);
  queues[0]->run([] {});
  finish(*queues[9]);
  CHECK(pool_threads() == 10);
  CHECK(queues[0]->pending() == 1);
  for (Blocker& blocker : blockers) blocker.end();
  finish(*queues[0]);
}

TEST_CASE("HandlerPool: grows up to its bound, beyond which work waits") {
  wait_for_former_threads();
  const auto pool = HandlerPool::create({.max_threads = 2});
  SerialQueue a(pool), b(pool), c(pool);
  Blocker in_a, in_b;
  in_a.run_on(a);
  in_b.run_on(b);
  std::atomic<bool> ran = false;
  c.run([&] { ran = true; });
  std::this_thread::sleep_for(50ms);
  CHECK_FALSE(ran);
  CHECK(pool_threads() == 2);
  in_a.end();
  finish(c);
  CHECK(ran);
  in_b.end();
}

TEST_CASE("HandlerPool: a queue that always has work lets others have their turn") {
  const auto pool = HandlerPool::create({.max_threads = 1});
  SerialQueue busy(pool), other(pool);
  std::atomic<bool> enough = false;
  std::function<void()> again = [&] {
    if (!enough) busy.run(again);
  };
  busy.run(again);
  finish(other);
  enough = true;
  finish(busy);
}

TEST_CASE("HandlerPool: threads without work for a while leave, and come back with work") {
  wait_for_former_threads();
  const auto pool = HandlerPool::create({.idle_time = 30ms});
  SerialQueue a(pool), b(pool), c(pool);
  Blocker in_a, in_b;
  in_a.run_on(a);
  in_b.run_on(b);
  CHECK(threads_during_a_task(c) == 3);
  in_a.end();
  CHECK(eventually([] { return pool_threads() == 1; }));  // Still inside b's handler.
  in_b.end();
  CHECK(eventually([] { return pool_threads() == 0; }));
  CHECK(threads_during_a_task(a) == 1);
}

TEST_CASE("HandlerPool: little work keeps few threads, and the rest leave") {
  const auto pool = HandlerPool::create({.idle_time = 200ms});
  SerialQueue a(pool), b(pool), c(pool);
  Blocker in_a, in_b;
  in_a.run_on(a);
  in_b.run_on(b);
  finish(c);
  in_a.end();
  in_b.end();
  CHECK(eventually([&] {  // Never idle for long.
    finish(a);
    return pool_threads() == 1;
  }));
}

TEST_CASE("HandlerPool: what a handler throws is told on the pool, and the pool goes on") {
  const auto pool = HandlerPool::create();
  std::promise<std::string> told;
  SerialQueue queue(pool, [&](const std::exception_ptr& exception) {
    try {
      std::rethrow_exception(exception);
    } catch (const std::exception& error) {
      told.set_value(error.what());
    }
  });
  queue.run([] { throw std::runtime_error("boom"); });
  CHECK(get(told.get_future()) == "boom");
  finish(queue);
}

TEST_CASE("HandlerPool: closing a queue drops what has not started, and waits for nobody") {
  const auto pool = HandlerPool::create();
  SerialQueue queue(pool);
  Blocker blocker;
  blocker.run_on(queue);
  auto held = std::make_shared<std::atomic<bool>>(false);
  queue.run([held] { *held = true; });
  queue.close();
  CHECK(held.use_count() == 1);
  CHECK(queue.pending() == 0);
  blocker.end();
  queue.run([held] { *held = true; });
  CHECK(held.use_count() == 1);
  CHECK_FALSE(*held);
}

TEST_CASE("HandlerPool: a queue, and with it the pool, may go inside one of its own handlers") {
  auto* const queue = new SerialQueue(HandlerPool::create());
  auto held = std::make_shared<int>(1);
  std::promise<void> done;
  queue->run([&, queue, held] {
    delete queue;
    done.set_value();
  });
  get(done.get_future());
  CHECK(eventually([] { return pool_threads() == 0; }));
  CHECK(held.use_count() == 1);
}

TEST_CASE("HandlerPool: does not wait for a blocked handler when it goes, only for idle threads") {
  auto pool = HandlerPool::create();
  auto blocked = std::make_unique<SerialQueue>(pool);
  auto idle = std::make_unique<SerialQueue>(pool);
  Blocker blocker;
  blocker.run_on(*blocked);
  finish(*idle);
  blocked.reset();
  idle.reset();
  pool.reset();
  blocker.end();
  CHECK(eventually([] { return pool_threads() == 0; }));
}

TEST_CASE("HandlerPool: a handler may hand work to other queues and wait for it") {
  const auto pool = HandlerPool::create();
  SerialQueue outer(pool), inner(pool);
  std::promise<void> done;
  outer.run([&] {
    finish(inner);
    done.set_value();
  });
  get(done.get_future());
}

TEST_CASE("HandlerPool: the shared pool is one while somebody holds it") {
  auto pool = HandlerPool::shared();
  CHECK(HandlerPool::shared() == pool);
  const std::weak_ptr<HandlerPool> watcher = pool;
  pool.reset();
  CHECK(watcher.expired());
}

TEST_CASE("HandlerPool: options that make no sense are refused by name") {
  CHECK_THROWS_WITH_AS(HandlerPool::create({.max_threads = 0}),
                       "max_threads must be at least 1, and is 0", std::invalid_argument);
  CHECK_THROWS_WITH_AS(HandlerPool::create({.idle_time = -1ms}),
                       "idle_time must not be negative, and is -1 ms", std::invalid_argument);
}

TEST_CASE("HandlerPool: in a forked child it runs nothing, and may be dropped") {
  auto pool = HandlerPool::create();
  auto queue = std::make_unique<SerialQueue>(pool);
  finish(*queue);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto held = std::make_shared<int>(1);
    queue->run([held] { ::_exit(2); });
    queue.reset();
    pool.reset();
    ::_exit(held.use_count() == 1 ? 0 : 1);
  }
  int status = -1;
  CHECK(eventually([&] { return ::waitpid(child, &status, WNOHANG) == child; }));
  CHECK(status == 0);
  finish(*queue);
}

}  // namespace
}  // namespace azure::iot::device
