#include "clients/detail/waiter.hpp"

#include <chrono>
#include <ctime>
#include <memory>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <pthread.h>
#include <sched.h>

#include "pipeline/loop/event_loop.hpp"
#include "threads/loop_probe.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using detail::Completion;
using detail::Waiter;

std::chrono::nanoseconds cpu_time_of_this_thread() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

// The calling thread and all that it starts share one processor until the end of the scope.
class OneProcessor {
 public:
  OneProcessor() {
    ::sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(::sched_getcpu(), &one);
    ::sched_setaffinity(0, sizeof one, &one);
  }
  OneProcessor(const OneProcessor&) = delete;
  OneProcessor& operator=(const OneProcessor&) = delete;
  ~OneProcessor() { ::sched_setaffinity(0, sizeof before_, &before_); }

 private:
  cpu_set_t before_;
};

// Completes calls on a thread that gets the processor only when no other wants it.
struct BackgroundLoop {
  BackgroundLoop() {
    on_loop(*loop, [] {
      const sched_param none{};
      ::pthread_setschedparam(::pthread_self(), SCHED_IDLE, &none);
    });
  }
  std::string call(std::string text) {
    Waiter<std::string> waiter;
    loop->post([&, done = Completion<std::string>(waiter)]() mutable { done(std::move(text)); });
    return *waiter.get();
  }
  const std::shared_ptr<EventLoop> loop = EventLoop::create();
};

constexpr int kCalls = 2000;

// The processor time that the caller uses for as many calls.
std::chrono::nanoseconds cost_of_calls(BackgroundLoop& background) {
  const auto before = cpu_time_of_this_thread();
  for (int i = 0; i < kCalls; ++i) {
    if (background.call(std::to_string(i)) != std::to_string(i)) FAIL("another call's outcome");
  }
  return cpu_time_of_this_thread() - before;
}

TEST_CASE("Waiter: a caller sleeps until the outcome is there, and uses no processor meanwhile") {
  Waiter<void> waiter;
  std::thread other([done = Completion<void>(waiter)]() mutable {
    std::this_thread::sleep_for(300ms);
    done(Errc::timed_out);
  });
  const auto before = cpu_time_of_this_thread();
  CHECK(waiter.get().code() == Errc::timed_out);
  CHECK(cpu_time_of_this_thread() - before < 50ms);
  other.join();
}

TEST_CASE("Waiter: an outcome that came first is taken at once") {
  Waiter<int> waiter;
  Completion<int>{waiter}(7);
  CHECK(*waiter.get() == 7);
}

TEST_CASE("Waiter: a call that is dropped ends its caller's wait") {
  Waiter<int> waiter;
  { const Completion<int> dropped(waiter); }
  CHECK(waiter.get().error().code() == Errc::abandoned);
}

// Were the caller to wait for the other thread to leave, it would keep the processor from it.
TEST_CASE(
    "Waiter: a real-time caller leaves the one processor to the thread that completes the call") {
  const OneProcessor one_processor;
  BackgroundLoop background;
  std::chrono::nanoseconds used{};
  bool permitted = false;
  std::thread caller([&] {
    const sched_param lowest{.sched_priority = ::sched_get_priority_min(SCHED_FIFO)};
    permitted = ::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &lowest) == 0;
    if (permitted) used = cost_of_calls(background);
  });
  caller.join();
  if (!permitted) {
    MESSAGE("skipped: SCHED_FIFO is not permitted here");
    return;
  }
  MESSAGE(kCalls, " calls used ", std::chrono::duration<double, std::milli>(used).count(), " ms");
  CHECK(used < kCalls * 200us);
}

}  // namespace
}  // namespace azure::iot::device
