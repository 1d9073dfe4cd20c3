#include "pipeline/loop/time.hpp"

#include <doctest/doctest.h>

#include "pipeline/loop/manual_loop.hpp"
#include "pipeline/retry_policy.hpp"
#include "pipeline/text/utc_text.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using namespace std::chrono;

TEST_CASE("Time: a duration that no clock can hold becomes the longest, or shortest, that it can") {
  CHECK(saturating_duration(milliseconds::max()) == Duration::max());
  CHECK(saturating_duration(milliseconds::min()) == Duration::min());
  CHECK(saturating_duration(seconds::max()) == Duration::max());
  CHECK(saturating_duration(seconds::min()) == Duration::min());
  CHECK(saturating_duration(hours::max()) == Duration::max());
  CHECK(saturating_duration(Duration::max()) == Duration::max());
  CHECK(saturating_duration(9223372035s) == 9223372035s);
  CHECK(saturating_duration(-9223372035s) == -9223372035s);
  CHECK(saturating_duration(5ms) == 5ms);
  CHECK(saturating_duration(seconds{0}) == Duration::zero());
}

TEST_CASE("Time: times of day are added and compared without leaving what can be represented") {
  CHECK(saturating_add(WallTime::max(), 1s) == WallTime::max());
  CHECK(saturating_add(WallTime::min(), -1s) == WallTime::min());
  CHECK(saturating_add(WallTime(5s), -8s) == WallTime(-3s));
  CHECK(saturating_difference(WallTime::max(), WallTime(-1s)) == Duration::max());
  CHECK(saturating_difference(WallTime(-2s), WallTime::max()) == Duration::min());
  CHECK(saturating_difference(WallTime(2s), WallTime(5s)) == -3s);
  CHECK(to_wall_time(sys_days(year(9999) / 12 / 31)) == WallTime::max());
  CHECK(to_wall_time(sys_days(year(1600) / 1 / 1)) == WallTime::min());
}

TEST_CASE("Time: a text for people has four digits of a year, whatever the time") {
  CHECK(utc_text(sys_seconds(0s)) == "1970-01-01 00:00:00 UTC");
  CHECK(utc_text(WallTime(-1ns)) == "1969-12-31 23:59:59 UTC");
  CHECK(utc_text(WallTime::max()) == "2262-04-11 23:47:16 UTC");
  CHECK(utc_text(WallTime::min()) == "1677-09-21 00:12:43 UTC");
  CHECK(utc_text(sys_days(year(9999) / 12 / 31) + 23h + 59min + 59s) == "9999-12-31 23:59:59 UTC");
  CHECK(utc_text(sys_seconds::max()) == "9999-12-31 23:59:59 UTC");
  CHECK(utc_text(sys_seconds::min()) == "0000-01-01 00:00:00 UTC");
}

TEST_CASE("ManualLoop: moving the clocks to the end of time keeps them there") {
  ManualLoop loop(WallTime(1s));
  loop.advance(Duration::max());
  CHECK(loop.now() == kNever);
  CHECK(loop.wall_now() == WallTime::max());
  loop.jump_wall_clock(1h);
  CHECK(loop.wall_now() == WallTime::max());
  loop.jump_wall_clock(Duration::min());
  loop.jump_wall_clock(Duration::min());
  CHECK(loop.wall_now() == WallTime::min());
}

TEST_CASE("ExponentialBackoff: limits at the ends of their range give pauses within them") {
  const Error cause(Errc::connection_failed);
  for (const Duration longest : {Duration(1), Duration(1h), Duration::max()}) {
    const ExponentialBackoff policy(
        {.first = longest, .longest = longest, .holds_after = Duration::max()});
    for (const double random : {0.0, 0.5, 0.9999999999999999, 1.0}) {
      const std::function<double()> source = [random] { return random; };
      for (const int failures : {0, 1, 1'000'000, std::numeric_limits<int>::max()}) {
        const auto pause = policy.next_pause({failures, cause, source});
        REQUIRE(pause);
        CHECK(*pause >= Duration::zero());
        CHECK(*pause <= longest);
      }
    }
  }
}

}  // namespace
}  // namespace azure::iot::device
