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
  keep_alive.note(kStart + 10s, 200, 100);  // Bytes were received, none sent.
  CHECK(keep_alive.due() == kStart + 60s);
  keep_alive.note(kStart + 20s, 200, 200);
  CHECK(keep_alive.due() == kStart + 70s);
  keep_alive.note(kStart + 30s, 200, 200);  // Neither counter has grown.
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

TEST_CASE("KeepAlive: the longest that MQTT can say is not lowered") {
  CHECK(KeepAlive::supported(65'534s) == 65'534s);
  CHECK(KeepAlive::supported(65'535s) == 65'535s);
  CHECK(KeepAlive::supported(65'536s) == 65'535s);
  CHECK(KeepAlive::supported(-1s) == 5s);
}

TEST_CASE("KeepAlive: what counts for a sleep is when something came, not when something went") {
  KeepAlive keep_alive(5s);
  keep_alive.start(kStart, 0, 0);
  keep_alive.note(kStart + 4s, 0, 10);
  CHECK_FALSE(keep_alive.overslept(kStart + 8s));
  CHECK(keep_alive.overslept(kStart + 8001ms));
  keep_alive.note(kStart + 6s, 10, 10);
  CHECK_FALSE(keep_alive.overslept(kStart + 14s));
  CHECK(keep_alive.overslept(kStart + 14001ms));
}

TEST_CASE("KeepAlive: a new connection begins with its own bytes and its own time") {
  KeepAlive keep_alive(60s);
  keep_alive.start(kStart, 100, 200);
  keep_alive.note(kStart + 30s, 100, 200);
  CHECK(keep_alive.due() == kStart + 60s);
  keep_alive.start(kStart + 100s, 7, 8);
  CHECK(keep_alive.due() == kStart + 160s);
  keep_alive.note(kStart + 120s, 7, 8);  // Neither counter has grown.
  CHECK(keep_alive.due() == kStart + 160s);
  keep_alive.note(kStart + 130s, 8, 8);
  keep_alive.note(kStart + 140s, 8, 9);
  CHECK(keep_alive.due() == kStart + 190s);
}

TEST_CASE("KeepAlive: what a ping has sent is not taken for something new") {
  KeepAlive keep_alive(60s);
  keep_alive.start(kStart, 0, 0);
  keep_alive.asked(kStart + 60s, 31);
  keep_alive.note(kStart + 61s, 24, 31);  // The answer to the ping.
  CHECK(keep_alive.due() == kStart + 120s);
  keep_alive.asked(kStart + 120s, 31);
  CHECK(keep_alive.due() == kStart + 121s);
}
