#include <array>
#include <atomic>
#include <chrono>
#include <ctime>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "pipeline/log.hpp"
#include "pipeline/loop/event_loop.hpp"
#include "pipeline/loop/unique_fd.hpp"
#include "tests/threads/loop_probe.hpp"

namespace azure::iot::device {
namespace {

constexpr auto kReadable = EventLoop::kReadable;
constexpr auto kWritable = EventLoop::kWritable;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) throw std::runtime_error("pipe2");
    out = UniqueFd(ends[0]);
    in = UniqueFd(ends[1]);
  }
  void put(char c) { REQUIRE(::write(in.get(), &c, 1) == 1); }
  std::string take() {
    std::array<char, 16> buffer{};
    const auto got = ::read(out.get(), buffer.data(), buffer.size());
    return {buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
  }
  UniqueFd out;
  UniqueFd in;
};

// In these tests a loop is declared last, so that it ends before what its handlers use.

// Completes the running turn and one more, so that all events which were ready have been reported.
void settle(EventLoop& loop) {
  for (int i = 0; i < 3; ++i) on_loop(loop, [] {});
}

TEST_CASE("watch: tells of a readable descriptor again and again until it is read, then no more") {
  Pipe pipe;
  std::string got;
  std::atomic<int> calls = 0;
  const auto loop = EventLoop::create();
  on_loop(*loop, [&] {
    loop->watch(pipe.out.get(), kReadable, [&](unsigned readiness) {
      CHECK(readiness == kReadable);
      if (++calls % 3 == 0) got += pipe.take();  // Level-triggered: twice more.
    });
  });
  settle(*loop);
  CHECK(calls == 0);
  pipe.put('a');
  CHECK(eventually([&] { return calls == 3; }));
  pipe.put('b');
  CHECK(eventually([&] { return calls == 6; }));
  settle(*loop);
  CHECK(calls == 6);
  CHECK(on_loop(*loop, [&] { return got; }) == "ab");
}

TEST_CASE("watch: what a descriptor is watched for may change, with the handler or without") {
  Pipe pipe;
  std::atomic<int> first = 0, second = 0;
  const int fd = pipe.in.get();
  const auto loop = EventLoop::create();
  on_loop(*loop, [&] {
    loop->watch(fd, 0, [&](unsigned readiness) {
      CHECK(readiness == kWritable);
      ++first;
      loop->change_watch(fd, 0);
    });
  });
  settle(*loop);
  CHECK(first == 0);
  on_loop(*loop, [&] { loop->change_watch(fd, kWritable); });
  CHECK(eventually([&] { return first == 1; }));
  on_loop(*loop, [&] { loop->watch(fd, kWritable, nullptr); });
  CHECK(eventually([&] { return first == 2; }));
  on_loop(*loop, [&] {
    loop->watch(fd, kWritable, [&](unsigned) {
      ++second;
      loop->unwatch(fd);
    });
  });
  CHECK(eventually([&] { return second == 1; }));
  settle(*loop);
  CHECK(first == 2);
  CHECK(second == 1);
}

TEST_CASE("watch: a hang-up is told even to one who watches for nothing") {
  Pipe pipe;
  std::promise<unsigned> told;
  const auto loop = EventLoop::create();
  on_loop(*loop, [&] {
    loop->watch(pipe.out.get(), 0, [&](unsigned readiness) {
      told.set_value(readiness);
      loop->unwatch(pipe.out.get());
    });
  });
  pipe.in.reset();
  CHECK((get(told.get_future()) & EventLoop::kHangUp) != 0);
}

TEST_CASE("watch: a handler may unwatch, or replace, itself and lives until it returns") {
  Pipe pipe;
  auto text = std::make_shared<std::string>("still here");
  std::promise<std::string> seen;
  const auto loop = EventLoop::create();
  on_loop(*loop, [&] {
    loop->watch(pipe.out.get(), kReadable, [&, text](unsigned) {
      loop->watch(pipe.out.get(), kReadable, [&, text](unsigned) {
        loop->unwatch(pipe.out.get());
        seen.set_value(*text);
      });
      *text += ", still";
    });
  });
  pipe.put('x');
  CHECK(get(seen.get_future()) == "still here, still");
  settle(*loop);
  CHECK(text.use_count() == 1);
}

TEST_CASE("watch: after unwatch a handler is not called, though its descriptor was ready as well") {
  Pipe a, b;
  int calls = 0;
  const auto loop = EventLoop::create();
  on_loop(*loop, [&] {
    const auto handler = [&](unsigned) {
      ++calls;
      loop->unwatch(a.out.get());
      loop->unwatch(b.out.get());
    };
    loop->watch(a.out.get(), kReadable, handler);
    loop->watch(b.out.get(), kReadable, handler);
    a.put('a');  // Both are ready before the loop looks.
    b.put('b');
  });
  settle(*loop);
  CHECK(on_loop(*loop, [&] { return calls; }) == 1);
}

TEST_CASE("watch: a number that is closed and used anew inside a handler hears nothing old") {
  for (const bool unwatch_first : {true, false}) {
    CAPTURE(unwatch_first);
    Pipe a, b, fresh;
    int old_calls = 0;
    std::atomic<int> new_calls = 0;
    const auto loop = EventLoop::create();
    on_loop(*loop, [&] {
      // Whichever comes first replaces the other, which is ready too, by a pipe that is not.
      const auto replace = [&](Pipe& mine, Pipe& other) {
        ++old_calls;
        loop->unwatch(mine.out.get());
        const int number = other.out.get();
        if (unwatch_first) loop->unwatch(number);
        REQUIRE(::dup3(fresh.out.get(), number, O_CLOEXEC) == number);
        loop->watch(number, kReadable, [&, number](unsigned) {
          ++new_calls;
          loop->unwatch(number);
        });
      };
      loop->watch(a.out.get(), kReadable, [&, replace](unsigned) { replace(a, b); });
      loop->watch(b.out.get(), kReadable, [&, replace](unsigned) { replace(b, a); });
      a.put('a');
      b.put('b');
    });
    settle(*loop);
    CHECK(on_loop(*loop, [&] { return old_calls; }) == 1);
    CHECK(new_calls == 0);
    fresh.put('f');
    CHECK(eventually([&] { return new_calls == 1; }));
  }
}

// Turns of the loop while nothing is to be done, beyond those that this test causes.
long idle_turns() {
  const int loop_thread = threads_named("azure-iot-loop").at(0);
  const long before = waits_of_thread(loop_thread);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // The test is that nothing happens.
  return waits_of_thread(loop_thread) - before;
}

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// The processor time of the process while the test waits.
double cpu_while_idle() {
  const double before = cpu_seconds();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  return cpu_seconds() - before;
}

TEST_CASE("watch: a handler that throws is reported once and not called again") {
  Pipe bad, good;
  bad.put('x');
  std::mutex mutex;
  std::vector<std::string> logged;
  set_log_sink(LogLevel::error, [&](const LogRecord& record) {
    const std::lock_guard lock(mutex);
    logged.emplace_back(record.text);
  });
  std::atomic<int> calls = 0, good_calls = 0;
  {
    const auto loop = EventLoop::create();
    const auto throwing = [&](unsigned) {
      ++calls;
      throw std::runtime_error("boom");
    };
    on_loop(*loop, [&] {
      loop->watch(bad.out.get(), kReadable, throwing);
      loop->watch(good.out.get(), kReadable, [&](unsigned) {
        ++good_calls;
        good.take();
      });
    });
    CHECK(eventually([&] { return calls > 0; }));
    settle(*loop);
    CHECK(cpu_while_idle() < 0.05);
    CHECK(calls == 1);
    good.put('x');
    CHECK(eventually([&] { return good_calls == 1; }));
    // It may be watched again, and a handler that has replaced itself stays.
    on_loop(*loop, [&] {
      loop->watch(bad.out.get(), kReadable, [&](unsigned) {
        ++calls;
        loop->watch(bad.out.get(), kReadable, [&](unsigned) {
          ++calls;
          bad.take();
        });
        throw 7;
      });
    });
    CHECK(eventually([&] { return calls == 3; }));
    bad.put('y');
    CHECK(eventually([&] { return calls == 4; }));
  }
  set_log_sink(LogLevel::silent, nullptr);
  CHECK(logged == std::vector<std::string>{
                      "An exception came out of a descriptor's handler, which is not called again: "
                      "boom",
                      "An exception of unknown type came out of a descriptor's handler, which is "
                      "not called again"});
}

TEST_CASE("watch: what was closed before it was unwatched, and lives on in a copy, wakes no loop") {
  for (const bool unwatched : {true, false}) {
    CAPTURE(unwatched);
    Pipe pipe, other;
    std::atomic<int> other_calls = 0;
    const auto loop = EventLoop::create();
    // As a forked child would have it.
    const UniqueFd copy(::fcntl(pipe.out.get(), F_DUPFD_CLOEXEC, 0));
    const int number = pipe.out.get();
    on_loop(*loop, [&] {
      loop->watch(number, kReadable, [](unsigned) {});
      loop->watch(other.out.get(), kReadable, [&](unsigned) {
        ++other_calls;
        other.take();
      });
      pipe.out.reset();
      if (unwatched) loop->unwatch(number);
      // Where it is not, its number has another owner by and by.
      if (!unwatched) {
        REQUIRE(::dup3(other.in.get(), number, O_CLOEXEC) == number);
        pipe.out = UniqueFd(number);
        loop->watch(number, kWritable, [&loop = *loop, number](unsigned) { loop.unwatch(number); });
      }
    });
    pipe.put('x');
    settle(*loop);
    CHECK(cpu_while_idle() < 0.05);
    CHECK(idle_turns() < 10);
    for (int i = 1; i <= 2; ++i) {
      other.put('o');
      CHECK(eventually([&] { return other_calls == i; }));
    }
    Timer timer;
    std::promise<void> fired;
    on_loop(*loop,
            [&] { timer.start(*loop, std::chrono::milliseconds(1), [&] { fired.set_value(); }); });
    get(fired.get_future());
  }
}

// Closes descriptors of this process that are of a kind, as a daemon does with all that is open.
void close_all(const std::string& kind) {
  for (const FdInfo& info : descriptors(kind)) ::close(info.fd);
}

TEST_CASE("watch: a loop whose descriptors somebody closes goes on, and does not spin") {
  for (const bool all : {false, true}) {
    CAPTURE(all);
    Pipe pipe;
    std::atomic<int> calls = 0;
    const auto loop = EventLoop::create();
    on_loop(*loop, [&] {
      loop->watch(pipe.out.get(), kReadable, [&](unsigned) {
        ++calls;
        pipe.take();
      });
      close_all("[eventpoll]");
      if (all) close_all("[eventfd]");
      if (all) close_all("[timerfd]");
    });
    settle(*loop);
    CHECK(cpu_while_idle() < 0.05);
    pipe.put('x');
    CHECK(eventually([&] { return calls == 1; }));
    Timer timer;
    std::promise<void> fired;
    on_loop(*loop,
            [&] { timer.start(*loop, std::chrono::milliseconds(1), [&] { fired.set_value(); }); });
    get(fired.get_future());
  }
}

TEST_CASE("watch: what cannot be watched is refused with the reason") {
  const auto loop = EventLoop::create();
  on_loop(*loop, [&] {
    const UniqueFd file(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
    const auto ignore = [](unsigned) {};
    CHECK_THROWS_AS(loop->watch(-1, kReadable, ignore), std::system_error);
    CHECK_THROWS_AS(loop->watch(file.get(), kReadable, ignore), std::system_error);
    Pipe pipe;
    CHECK_THROWS_AS(loop->watch(pipe.out.get(), kReadable, nullptr), std::invalid_argument);
    CHECK_THROWS_AS(loop->change_watch(pipe.out.get(), kReadable), std::logic_error);
    loop->unwatch(pipe.out.get());  // Was not watched, which does no harm.
  });
}

}  // namespace
}  // namespace azure::iot::device
