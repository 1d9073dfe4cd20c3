#include "transport/mqtt/keep_alive.hpp"

#include <doctest/doctest.h>

using namespace azure::iot::device;
using namespace std::chrono_literals;

namespace {

const SteadyTime kStart{1000s};

}  // namespace

TEST_CASE("KeepAlive: what libmosquitto cannot do is raised or lowered") {
  CHECK(KeepAlive::supported(0s) == 0s);
  CHECK(KeepAlive::supported(1s) == 5s);
  CHECK(KeepAlive::supported(4s) == 5s);
  CHECK(KeepAlive::supported(5s) == 5s);
  CHECK(KeepAlive::supported(60s) == 60s);
  CHECK(KeepAlive::supported(100'000s) == 65'535s);
}

TEST_CASE("KeepAlive: it is due when either direction was silent for its length") {
  KeepAlive keep_alive(60s);
  keep_alive.start(kStart, 100, 100);
  CHECK(keep_alive.due() == kStart + 60s);
  keep_alive.note(kStart + 10s, 200, 100);  // Something came, nothing went.
  CHECK(keep_alive.due() == kStart + 60s);
  keep_alive.note(kStart + 20s, 200, 200);
  CHECK(keep_alive.due() == kStart + 70s);
  keep_alive.note(kStart + 30s, 200, 200);  // Neither.
  CHECK(keep_alive.due() == kStart + 70s);
}

TEST_CASE("KeepAlive: after a ping it is due once more a full length later") {
  KeepAlive keep_alive(60s);
  keep_alive.start(kStart, 0, 0);
  keep_alive.asked(kStart + 60s, 31);
  CHECK(keep_alive.due() == kStart + 120s);
}

TEST_CASE("KeepAlive: where libmosquitto saw no need to ping it is asked again a second later") {
  KeepAlive keep_alive(60s);
  keep_alive.start(kStart, 0, 0);
  keep_alive.asked(kStart + 60s, 0);
  CHECK(keep_alive.due() == kStart + 61s);
}

TEST_CASE("KeepAlive: without one nothing is due") {
  KeepAlive keep_alive(0s);
  keep_alive.start(kStart, 0, 0);
  CHECK(keep_alive.due() == kNever);
}

TEST_CASE("KeepAlive: a machine that slept past one and a half lengths has been given up") {
  KeepAlive keep_alive(60s);
  keep_alive.start(kStart, 0, 0);
  CHECK_FALSE(keep_alive.overslept(kStart + 91s));
  CHECK(keep_alive.overslept(kStart + 92s));
}
