#include <csignal>
#include <future>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipeline/loop/serial_queue.hpp"
#include "threads/loop_probe.hpp"

namespace azure::iot::device {
namespace {

pid_t this_thread() { return static_cast<pid_t>(::syscall(SYS_gettid)); }

volatile pid_t notified = 0;

// A crash reporter: it looks at the thread that crashed, and ends the process.
void report_crash(int) { ::_exit(this_thread() == ::getpid() ? 2 : 42); }
void note_thread(int) { notified = this_thread(); }

// The exit status of a child that runs `body`; 128 and the signal if one killed it.
template <class Body>
int in_child(const Body& body) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    body();
    ::_exit(1);
  }
  int status = -1;
  CHECK(eventually([&] { return ::waitpid(child, &status, WNOHANG) == child; }));
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void touch_forbidden_memory() {
  void* const page = ::mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *static_cast<volatile char*>(page) = 1;
}

TEST_CASE("Signals: a handler of the application that crashes is seen by a crash reporter") {
  CHECK(in_child([] {
          ::signal(SIGSEGV, report_crash);
          SerialQueue queue(HandlerPool::create());
          queue.run(touch_forbidden_memory);
          std::this_thread::sleep_for(kPatience);
        }) == 42);
}

TEST_CASE("Signals: a stage of the application that crashes on the loop is seen, too") {
  CHECK(in_child([] {
          ::signal(SIGSEGV, report_crash);
          const auto loop = EventLoop::create();
          loop->post(touch_forbidden_memory);
          std::this_thread::sleep_for(kPatience);
        }) == 42);
}

TEST_CASE("Signals: every fault that a thread raises reaches its handler on that thread") {
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT}) {
    CAPTURE(fault);
    CHECK(in_child([&] {
            ::signal(fault, report_crash);
            const auto loop = EventLoop::create();
            loop->post([&] { ::raise(fault); });
            std::this_thread::sleep_for(kPatience);
          }) == 42);
  }
}

TEST_CASE("Signals: what is sent to the process is left to the application's threads") {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGALRM, SIGCHLD, SIGPIPE}) {
    CAPTURE(signal);
    CHECK(in_child([&] {
            ::signal(signal, note_thread);
            const auto loop = EventLoop::create();
            on_loop(*loop, [&] { ::kill(::getpid(), signal); });
            eventually([] { return notified != 0; });
            ::_exit(notified == ::getpid() ? 42 : 3);
          }) == 42);
  }
}

}  // namespace
}  // namespace azure::iot::device
