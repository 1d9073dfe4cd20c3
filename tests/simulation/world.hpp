#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "pipeline/loop/manual_loop.hpp"
#include "simulation/mood.hpp"
#include "simulation/random.hpp"
#include "simulation/report.hpp"
#include "simulation/schedule.hpp"

namespace azure::iot::device::simulation {

// The shared state of one run: the clocks, the random numbers, and the report.
class World {
 public:
  World(const Settings& s, std::ostream* trace) : settings(s), trace_(trace) {}

  const Settings& settings;
  std::shared_ptr<ManualLoop> loop = std::make_shared<ManualLoop>(kStart);
  Random random;
  const Mood* mood = &kMoods[0];
  Report report;
  std::uint32_t messages = 0;      // Handed in.
  std::uint32_t patches = 0;       // Reported properties, submitted.
  std::uint32_t c2d_received = 0;  // The number up to which all have reached the user.

  SteadyTime now() const { return loop->now(); }
  Duration delay() { return random.between(mood->least_delay, mood->most_delay); }

  // A promise was not kept. The first one counts.
  void violate(std::string_view promise, std::string detail) {
    note("VIOLATION: ", promise, ": ", detail);
    if (!report.violation) report.violation = Violation{promise, std::move(detail), now()};
  }
  bool violated() const { return report.violation.has_value(); }

  // Writes a line to the trace, if there is one.
  template <class... Parts>
  void note(const Parts&... parts) {
    if (!trace_) return;
    *trace_ << '[' << describe(now() - SteadyTime{}) << "] ";
    (*trace_ << ... << parts) << '\n';
  }
  // Adds to the fingerprint, which two runs of one seed must share.
  void mix(std::uint64_t value) {
    report.fingerprint = (report.fingerprint ^ value) * 0x100000001b3;
  }

 private:
  static constexpr WallTime kStart{std::chrono::seconds{1'700'000'000}};
  std::ostream* trace_;
};

}  // namespace azure::iot::device::simulation
