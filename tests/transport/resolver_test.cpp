#include "transport/resolver.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "support/process_probe.hpp"

using namespace azure::iot::device;
using namespace std::chrono_literals;

namespace {

Resolver::Answer look_up(const std::string& host) {
  const auto promise = std::make_shared<std::promise<Resolver::Answer>>();
  auto future = promise->get_future();
  Resolver::system()->resolve(
      host, [promise](Resolver::Answer answer) { promise->set_value(std::move(answer)); });
  if (future.wait_for(20s) == std::future_status::ready) return future.get();
  return Error(Errc::timed_out, "there was no answer within 20 s");
}

std::ptrdiff_t dns_threads() {
  const auto names = test::threads();
  return std::count(names.begin(), names.end(), "azure-iot-dns");
}

bool eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

// Prevents this thread from starting others.
void forbid_threads() {
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAGAIN),
  };
  const sock_fprog program{5, rules};
  REQUIRE(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  REQUIRE(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

}  // namespace

TEST_CASE("Resolver: localhost has a loopback address") {
  const auto answer = look_up("localhost");
  REQUIRE(answer);
  const bool found = std::any_of(answer->begin(), answer->end(), [](const std::string& address) {
    return address == "127.0.0.1" || address == "::1";
  });
  CHECK(found);
}

TEST_CASE("Resolver: a name that does not exist is a failed connection that names it") {
  const auto answer = look_up("no-such-host.invalid");
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code() == Errc::connection_failed);
  const std::string& text = answer.error().detail();
  CHECK(text.find("no-such-host.invalid") != std::string::npos);
  CHECK(text.find("scheme") == std::string::npos);
}

TEST_CASE("Resolver: each of many who ask is answered once") {
  constexpr int kAskers = 200;
  std::atomic<int> answers = 0;
  std::promise<void> all;
  for (int i = 0; i < kAskers; ++i) {
    const std::string host = i % 2 == 0 ? "localhost" : "127.0.0." + std::to_string(i);
    Resolver::system()->resolve(host, [&](Resolver::Answer answer) {
      CHECK(answer);
      if (++answers == kAskers) all.set_value();
    });
  }
  CHECK(all.get_future().wait_for(10s) == std::future_status::ready);
  CHECK(answers == kAskers);
}

TEST_CASE("Resolver: it goes on to answer, however many names were looked up one by one") {
  for (int i = 0; i < 30; ++i) {
    CAPTURE(i);
    CHECK(look_up("127.1.0." + std::to_string(i)));
    CHECK(look_up("localhost"));
  }
}

TEST_CASE("Resolver: an address is named once, though several kinds of socket have it") {
  const auto answer = look_up("127.0.0.1");
  REQUIRE(answer);
  CHECK(*answer == std::vector<std::string>{"127.0.0.1"});
  const auto of_v6 = look_up("::1");
  REQUIRE(of_v6);
  CHECK(*of_v6 == std::vector<std::string>{"::1"});
}

TEST_CASE("Resolver: what was written beside the name is pointed out") {
  for (const char* host : {"https://hub.invalid", "hub.invalid:8883", "user@hub.invalid",
                           "hub.invalid ", "hub.invalid\n", "hub\t.invalid", "hub.invalid\r"}) {
    CAPTURE(host);
    const auto answer = look_up(host);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().detail().find("without scheme, port, path and blanks") !=
          std::string::npos);
  }
}

TEST_CASE("Resolver: those who ask for the same name at the same time get the same answer") {
  constexpr int kAskers = 64;
  std::atomic<int> answers = 0;
  std::promise<void> all;
  std::vector<std::thread> askers;
  for (int i = 0; i < kAskers; ++i) {
    askers.emplace_back([&] {
      Resolver::system()->resolve("no-such-hub.invalid", [&](Resolver::Answer answer) {
        CHECK_FALSE(answer);
        if (++answers == kAskers) all.set_value();
      });
    });
  }
  for (std::thread& asker : askers) asker.join();
  CHECK(all.get_future().wait_for(20s) == std::future_status::ready);
}

TEST_CASE("Resolver: where no thread can be started that is the answer, and it recovers") {
  std::thread([] {
    forbid_threads();
    for (int i = 0; i < 20; ++i) {
      const auto answer = look_up("127.2.0." + std::to_string(i));
      REQUIRE_FALSE(answer);
      CHECK(answer.error().code() == Errc::connection_failed);
      CHECK(answer.error().detail().find("127.2.0.") != std::string::npos);
    }
  }).join();
  CHECK(look_up("127.2.0.1"));
}

TEST_CASE("Resolver: eight names are looked up at a time, and its threads end with the last") {
  REQUIRE(eventually([] { return dns_threads() == 0; }));
  const std::size_t before = test::threads().size();
  std::promise<void> go_on;
  const std::shared_future<void> gate = go_on.get_future().share();
  std::atomic<int> inside = 0;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 20; ++i) {
    Resolver::system()->resolve("127.3.0." + std::to_string(i), [&, gate](const auto&) {
      ++inside;
      gate.wait();
      ++answered;
    });
  }
  CHECK(test::threads().size() == before + 8);
  CHECK(eventually([&] { return inside == 8; }));
  go_on.set_value();
  CHECK(eventually([&] { return answered == 20; }));
  CHECK(eventually([] { return dns_threads() == 0; }));
}

TEST_CASE("Resolver: there is one for the process") {
  CHECK(Resolver::system() == Resolver::system());
}
