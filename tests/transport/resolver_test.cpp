#include "transport/resolver.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>

#include <doctest/doctest.h>

using namespace azure::iot::device;
using namespace std::chrono_literals;

namespace {

Resolver::Answer look_up(const std::string& host) {
  std::promise<Resolver::Answer> promise;
  Resolver::system()->resolve(
      host, [&](Resolver::Answer answer) { promise.set_value(std::move(answer)); });
  return promise.get_future().get();
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
