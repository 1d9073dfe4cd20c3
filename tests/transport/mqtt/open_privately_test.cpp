#include "transport/mqtt/open_privately.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipeline/loop/unique_fd.hpp"

namespace azure::iot::device {
namespace {

struct Pair {
  std::array<UniqueFd, 2> ends;
  bool open() {
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) return false;
    ends = {UniqueFd(fds[0]), UniqueFd(fds[1])};
    return true;
  }
  bool is_inherited() const {
    return std::any_of(ends.begin(), ends.end(), [](const UniqueFd& end) {
      return (::fcntl(end.get(), F_GETFD) & FD_CLOEXEC) == 0;
    });
  }
  bool connects() const {
    char byte = 0;
    return ::write(ends[0].get(), "x", 1) == 1 && ::read(ends[1].get(), &byte, 1) == 1;
  }
};

// Forbids close_range to this thread and to those that it starts.
void forbid_close_range() {
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{4, rules};
  REQUIRE(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  REQUIRE(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
  REQUIRE(::syscall(SYS_close_range, 9999U, 9999U, 0) == -1);
}

// Allows exactly this many more descriptors to be opened while it lives.
class FewDescriptors {
 public:
  explicit FewDescriptors(std::size_t count) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    std::vector<UniqueFd> probes;
    for (std::size_t i = 0; i <= count; ++i) probes.emplace_back(::dup(0));
    rlimit few = before_;
    few.rlim_cur = static_cast<rlim_t>(probes.back().get());
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("Opening privately: what was opened is close-on-exec, and works") {
  Pair pair;
  CHECK(open_privately(2, [&] { CHECK(pair.open()); }));
  CHECK_FALSE(pair.is_inherited());
  CHECK(pair.connects());
}

TEST_CASE("Opening privately: meanwhile a program would not inherit it from any other thread") {
  std::atomic<int> number = -1;
  std::promise<bool> inherited;
  std::thread other([&] {
    while (number < 0) std::this_thread::yield();
    inherited.set_value((::fcntl(number, F_GETFD) & FD_CLOEXEC) == 0);
  });
  Pair pair;
  CHECK(open_privately(2, [&] {
    CHECK(pair.open());
    CHECK(pair.is_inherited());
    number = pair.ends[0].get();
    CHECK_FALSE(inherited.get_future().get());
  }));
  other.join();
}

TEST_CASE("Opening privately: meanwhile nothing forks") {
  std::atomic<bool> forking = false, forked = false;
  std::thread other([&] {
    while (!forking) std::this_thread::yield();
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    forked = true;
    ::waitpid(child, nullptr, 0);
  });
  CHECK(open_privately(1, [&] {
    forking = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    CHECK_FALSE(forked);
  }));
  other.join();
  CHECK(forked);
}

TEST_CASE("Opening privately: numbers that are not needed are free again") {
  const UniqueFd lowest(::dup(0));
  const int next = ::dup(0);
  ::close(next);
  CHECK(open_privately(2, [] {}));
  const UniqueFd again(::dup(0));
  CHECK(again.get() == next);
}

TEST_CASE("Opening privately: a sandbox that forbids it gets what can be had") {
  std::thread([] {
    forbid_close_range();
    Pair pair;
    CHECK(open_privately(2, [&] { CHECK(pair.open()); }));
    CHECK_FALSE(pair.is_inherited());
    CHECK(pair.connects());
  }).join();
}

TEST_CASE("Opening privately: with too few descriptors it fails, or opens what it is asked to") {
  for (std::size_t left = 0; left < 10; ++left) {
    CAPTURE(left);
    Pair pair;
    bool opened = false;
    bool complete = false;
    {
      const FewDescriptors few(left);
      complete = open_privately(2, [&] { opened = pair.open(); });
    }
    CHECK(opened == (left >= 2));
    if (complete && opened) CHECK(pair.connects());
    if (left >= 6) CHECK(complete);
  }
}

}  // namespace azure::iot::device
