#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/loop/time.hpp"

namespace azure::iot::device::simulation {

// One event, and the time that then passes.
struct Step {
  enum class Kind : std::uint8_t {
    // Calls of the user.
    connect,
    disconnect,
    reauthorize,
    send,  // `number` messages.
    get_twin,
    patch_twin,
    enable,   // The feature `number`.
    disable,  // The feature `number`.
    restart,  // Ends the client, in the way `number`, and makes a new one.
    // Events of the hub.
    send_c2d,
    call_method,
    change_desired,
    lose_session,
    // Faults of network, clock and credential.
    cut_link,
    stall_link,
    change_mood,  // To that of kMoods with this `number`.
    jump_clock,   // By `number` seconds.
    fail_signing,
    sign_again,
    wait,
  };
  Kind kind = Kind::wait;
  std::int32_t number = 0;
  Duration timeout{};  // Of a call; zero: none.
  Duration pause{};
  std::uint64_t salt = 0;  // The seed of the random numbers until the next step.
};

// The settings of a client.
struct Settings {
  enum class Credential : std::uint8_t { certificate, signing_key, users_token };
  enum class Policy : std::uint8_t { standard, spread, throws, zero, negative, gives_up };
  Credential credential = Credential::certificate;
  std::chrono::seconds token_life{3600};
  bool auto_connect = true;
  bool connection_retry = true;
  bool ensure_desired_properties = true;
  Duration retry_interval{};
  Policy policy = Policy::standard;
  bool throwing_stage = false;  // Whether a stage of the application throws in bad moods.
  Duration operation_timeout{};
  Duration dial_patience{};  // Of the transport.
  std::size_t max_in_flight = 128;
  bool with_log = false;  // Whether the library's log is searched for secrets.
  int last_ending = 0;    // The way in which the client ends.
};

struct Schedule {
  static constexpr std::size_t kLeastSteps = 50;

  Settings settings;
  std::vector<Step> steps;
};

Schedule make_schedule(std::uint64_t seed);

// As readable text: "send 3 messages within 12.5 s, then 40 ms".
std::string describe(const Step& step);
std::string describe(const Settings& settings);
// The settings, and the steps as a numbered list.
std::string describe(const Schedule& schedule);
// "1.5 s", "20 ms".
std::string describe(Duration duration);

}  // namespace azure::iot::device::simulation
