#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/loop/time.hpp"

namespace azure::iot::device::simulation {

// A promise that was not kept.
struct Violation {
  std::string_view promise;
  std::string detail;
  SteadyTime when;
};

// The number of events of each kind: in one run, or in many.
struct Counts {
  std::uint64_t schedules = 0;
  std::uint64_t steps = 0;
  std::uint64_t calls = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t timed_out = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t dials = 0;
  std::uint64_t established = 0;
  std::uint64_t unauthorized = 0;
  std::uint64_t losses = 0;   // Of an established connection.
  std::uint64_t severed = 0;  // By the hub, since the token expired.
  std::uint64_t sessions_lost = 0;
  std::uint64_t sent_again = 0;    // Publishes of the device, with DUP.
  std::uint64_t redelivered = 0;   // Messages of the hub, with DUP.
  std::uint64_t late_answers = 0;  // No operation waits for them.
  std::uint64_t renewals_failed = 0;
  std::uint64_t policies_thrown = 0;
  std::uint64_t stages_thrown = 0;
  std::uint64_t given_up = 0;  // Links, by the retry policy.
  std::uint64_t messages = 0;  // Acknowledged, and at the hub.
  std::uint64_t patches = 0;   // Of desired properties, delivered.
  std::uint64_t virtual_seconds = 0;

  // Each of them, by name.
  template <class F>
  static void for_each(F f) {
    f("schedules", &Counts::schedules);
    f("steps", &Counts::steps);
    f("calls", &Counts::calls);
    f("succeeded", &Counts::succeeded);
    f("timed out", &Counts::timed_out);
    f("cancelled", &Counts::cancelled);
    f("dials", &Counts::dials);
    f("connections", &Counts::established);
    f("dials unauthorized", &Counts::unauthorized);
    f("connections lost", &Counts::losses);
    f("severed by expiry", &Counts::severed);
    f("sessions lost", &Counts::sessions_lost);
    f("publishes sent again", &Counts::sent_again);
    f("messages redelivered", &Counts::redelivered);
    f("answers to nobody", &Counts::late_answers);
    f("renewals failed", &Counts::renewals_failed);
    f("policies thrown", &Counts::policies_thrown);
    f("stages thrown", &Counts::stages_thrown);
    f("links given up", &Counts::given_up);
    f("messages acknowledged", &Counts::messages);
    f("patches delivered", &Counts::patches);
    f("virtual seconds", &Counts::virtual_seconds);
  }
  void add(const Counts& other) {
    for_each([&](std::string_view, auto member) { this->*member += other.*member; });
  }
};

// The outcome of one run.
struct Report {
  std::optional<Violation> violation;
  Counts counts;
  std::uint64_t fingerprint = 0xcbf29ce484222325;
};

}  // namespace azure::iot::device::simulation
