#include <memory>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipeline/loop/event_loop.hpp"
#include "tests/threads/loop_probe.hpp"

namespace azure::iot::device {
namespace {

TEST_CASE("EpollLoop: the shared loop is one while somebody holds it, and ends then") {
  auto loop = EventLoop::shared();
  CHECK(EventLoop::shared() == loop);
  CHECK(eventually([] { return threads_named("azure-iot-loop").size() == 1; }));
  loop.reset();
  CHECK(threads_named("azure-iot-loop").empty());
  loop = EventLoop::shared();
  on_loop(*loop, [] {});
}

TEST_CASE("EpollLoop: in a forked child it discards work, and may be dropped") {
  auto loop = EventLoop::shared();
  on_loop(*loop, [] {});
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto held = std::make_shared<int>(1);
    loop->post([held] {});
    bool good = held.use_count() == 1;
#ifndef __SANITIZE_THREAD__  // It allows no thread after a fork.
    const auto own = EventLoop::shared();
    good = good && own != loop;
    on_loop(*own, [] {});
#endif
    loop.reset();
    ::_exit(good ? 0 : 1);
  }
  int status = -1;
  CHECK(eventually([&] { return ::waitpid(child, &status, WNOHANG) == child; }));
  CHECK(status == 0);
  on_loop(*loop, [] {});
}

}  // namespace
}  // namespace azure::iot::device
