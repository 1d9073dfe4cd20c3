#include "pipeline/retry_policy.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <random>
#include <stdexcept>

#include <doctest/doctest.h>

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;

const Error kFailed(Errc::connection_failed);
const Error kRefused(Errc::unauthorized);

// The pause for a known random number.
std::optional<Duration> pause(const RetryPolicy& policy, int failures, double random,
                              const Error& cause = kFailed) {
  const std::function<double()> known = [random] { return random; };
  return policy.next_pause({.failures = failures, .cause = cause, .random = known});
}

TEST_CASE("FixedInterval: at once after a drop, then every interval, while it may get better") {
  const FixedInterval policy(7s);
  CHECK(pause(policy, 0, 0.5) == 10ms);
  CHECK(pause(policy, 1, 0.5) == 7s);
  CHECK(pause(policy, 1000, 0.5) == 7s);
  CHECK(pause(policy, 0, 0.5, kRefused) == 10ms);  // The next attempt is refused too.
  CHECK_FALSE(pause(policy, 1, 0.5, kRefused));
}

TEST_CASE("ExponentialBackoff: the limit doubles with each failure, up to the longest pause") {
  const ExponentialBackoff policy({.first = 1s, .longest = 60s});
  CHECK(pause(policy, 0, 0.5) == 500ms);
  CHECK(pause(policy, 1, 0.5) == 1s);
  CHECK(pause(policy, 5, 0.5) == 16s);
  CHECK(pause(policy, 6, 0.5) == 30s);
  CHECK(pause(policy, 1 << 30, 0.5) == 30s);
  CHECK(pause(policy, 3, 0.0) == 0s);
  CHECK(pause(policy, 3, -0.5) == 0s);
  CHECK(pause(policy, 3, std::numeric_limits<double>::quiet_NaN()) == 0s);
  CHECK(pause(policy, 3, 1e300) == 60s);
  CHECK(*pause(policy, 1 << 30, 0.9999999999) <= 60s);
}

TEST_CASE("ExponentialBackoff: pauses are spread evenly over all that is allowed") {
  const ExponentialBackoff policy({.first = 1s, .longest = 60s});
  std::mt19937_64 bits(42);
  std::uniform_real_distribution<double> uniform(0, 1);
  const std::function<double()> random = [&] { return uniform(bits); };
  std::array<int, 10> tenths{};
  for (int i = 0; i < 10000; ++i) {
    const auto chosen = policy.next_pause({.failures = 4, .cause = kFailed, .random = random});
    REQUIRE(chosen);
    REQUIRE(*chosen >= 0s);
    REQUIRE(*chosen < 16s);
    ++tenths[static_cast<std::size_t>(*chosen / 1600ms)];
  }
  // Ten standard deviations on either side of a thousand.
  for (const int count : tenths) CHECK(std::abs(count - 1000) < 300);
}

TEST_CASE("ExponentialBackoff: goes on with a refused credential only if told so") {
  CHECK_FALSE(pause(ExponentialBackoff(), 1, 0.5, kRefused));
  CHECK(pause(ExponentialBackoff({.retry_refused_credentials = true}), 1, 0.5, kRefused) == 1s);
  CHECK_FALSE(pause(ExponentialBackoff({.retry_refused_credentials = true}), 1, 0.5,
                    Errc::protocol_client));
}

TEST_CASE("ExponentialBackoff: limits that make no sense are refused") {
  CHECK_THROWS_WITH_AS(ExponentialBackoff({.first = 0s}),
                       "ExponentialBackoff: first must be above 0", std::invalid_argument);
  CHECK_THROWS_AS(ExponentialBackoff({.first = 2s, .longest = 1s}), std::invalid_argument);
  CHECK_THROWS_AS(ExponentialBackoff({.holds_after = 0s}), std::invalid_argument);
}

}  // namespace
}  // namespace azure::iot::device
