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

// What everybody in one run shares: the clocks, the dice, and the book in which things are noted.
class World {
 public:
  World(const Settings& s, std::ostream* trace) : settings(s), trace_(trace) {}

  const Settings& settings;
  std::shared_ptr<ManualLoop> loop = std::make_shared<ManualLoop>(kStart);
  Random random;
  const Mood* mood = &kMoods[0];
  Report report;
  std::uint32_t messages = 0;      // Handed in.
  std::uint32_t patches = 0;       // Of reported properties, handed in.
  std::uint32_t c2d_received = 0;  // Up to which message all have reached the user.

  SteadyTime now() const { return loop->now(); }
  Duration delay() { return random.between(mood->least_delay, mood->most_delay); }

  // A promise was not kept. The first one counts.
  void violate(std::string_view promise, std::string detail) {
    note("VIOLATION: ", promise, ": ", detail);
    if (!report.violation) report.violation = Violation{promise, std::move(detail), now()};
  }
  bool violated() const { return report.violation.has_value(); }

  // Tells whoever reads along.
  template <class... Parts>
  void note(const Parts&... parts) {
    if (!trace_) return;
    *trace_ << '[' << describe(now() - SteadyTime{}) << "] ";
    (*trace_ << ... << parts) << '\n';
  }
  // What two runs of one seed must have in common.
  void mix(std::uint64_t value) {
    report.fingerprint = (report.fingerprint ^ value) * 0x100000001b3;
  }

 private:
  static constexpr WallTime kStart{std::chrono::seconds{1'700'000'000}};
  std::ostream* trace_;
};

}  // namespace azure::iot::device::simulation
