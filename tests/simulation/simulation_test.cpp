#include "simulation/simulation.hpp"

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "simulation/failure.hpp"
#include "simulation/random.hpp"
#include "simulation/seeds.hpp"
#include "simulation/shrink.hpp"

namespace azure::iot::device::simulation {
namespace {
using namespace std::chrono_literals;
using Numbers = std::vector<int>;

TEST_CASE("Simulation: 2000 schedules keep every promise, and every kind of fault comes about") {
  const Outcome outcome = run_seeds({.first = 0, .count = 2000});
  if (outcome.failed) FAIL(explain_failure(*outcome.failed));
  Counts::for_each([&](std::string_view name, auto member) {
    CAPTURE(name);
    CHECK(outcome.counts.*member > 100);
  });
  CHECK(outcome.counts.steps >= 2000 * Schedule::kLeastSteps);
  // Faults must not dominate: most calls have to succeed.
  CHECK(outcome.counts.succeeded > outcome.counts.calls / 2);
}

TEST_CASE("Simulation: a seed always goes the same way, and another seed another way") {
  const auto trace = [](std::uint64_t seed) {
    std::ostringstream out;
    const Report report = simulate(make_schedule(seed), &out);
    return out.str() + std::to_string(report.fingerprint);
  };
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CHECK(trace(seed) == trace(seed));
    CHECK(trace(seed) != trace(seed + 1));
  }
}

TEST_CASE("Simulation: a schedule without a step is a client that connects and ends") {
  for (const int ending : {0, 1, 2}) {
    const Schedule schedule{.settings = {.retry_interval = 10s,
                                         .operation_timeout = 60s,
                                         .dial_patience = 20s,
                                         .last_ending = ending},
                            .steps = {}};
    const Report report = simulate(schedule);
    CHECK_FALSE(report.violation);
    CHECK(report.counts.dials == 2);
    CHECK(report.counts.patches == 1);
  }
}

TEST_CASE("Schedule: at least 50 steps, each described in words") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Schedule schedule = make_schedule(seed);
    CHECK(schedule.steps.size() >= Schedule::kLeastSteps);
    for (const Step& step : schedule.steps) CHECK(describe(step) != "?");
  }
  CHECK(describe(Step{.kind = Step::Kind::send, .number = 3, .timeout = 12500ms, .pause = 40ms}) ==
        "send 3 messages within 12.500 s, then 40 ms");
}

// Values of the published algorithm: with these a seed means the same everywhere.
TEST_CASE("Random: the numbers are those of SplitMix64") {
  Random random(1234567);
  CHECK(random.next() == 6457827717110365317u);
  CHECK(random.next() == 3203168211198807973u);
  CHECK(random.next() == 9817491932198370423u);
}

TEST_CASE("Random: every choice comes up, and no other") {
  Random random(1);
  int seen[6] = {};
  for (int i = 0; i < 6000; ++i) ++seen[random.below(6)];
  for (const int count : seen) CHECK((count > 850 && count < 1150));
  for (int i = 0; i < 1000; ++i) {
    const Duration delay = random.between(1ms, 3ms);
    CHECK((delay >= 1ms && delay < 3ms));
  }
  CHECK_FALSE(random.chance(0));
  CHECK(random.chance(1000));
}

TEST_CASE("Shrinking: what is left cannot do without any of its items") {
  Numbers numbers(100);
  for (int i = 0; i < 100; ++i) numbers[static_cast<std::size_t>(i)] = i;
  const auto needs = [](const Numbers& needed) {
    return [needed](const Numbers& part) {
      for (const int number : needed) {
        if (std::find(part.begin(), part.end(), number) == part.end()) return false;
      }
      return true;
    };
  };
  for (const Numbers& needed : {Numbers{}, {0}, {99}, {3, 50, 51}, {0, 1, 2, 3, 97, 98, 99}}) {
    CHECK(shrink(numbers, needs(needed)) == needed);
  }
  CHECK(shrink(numbers, needs(numbers)) == numbers);
  CHECK(shrink(Numbers{}, needs({})) == Numbers{});
}

TEST_CASE("Shrinking: items that only fail together are found together") {
  Numbers numbers{5, 1, 7, 1, 9, 1, 1, 2};
  const auto two_ones = [](const Numbers& part) {
    return std::count(part.begin(), part.end(), 1) >= 2;
  };
  CHECK(shrink(numbers, two_ones) == Numbers{1, 1});
}

}  // namespace
}  // namespace azure::iot::device::simulation
