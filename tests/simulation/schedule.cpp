#include "simulation/schedule.hpp"

#include <algorithm>
#include <iterator>

#include "simulation/hub_features.hpp"
#include "simulation/mood.hpp"
#include "simulation/random.hpp"

namespace azure::iot::device::simulation {
namespace {

using namespace std::chrono_literals;
using Kind = Step::Kind;

struct Weight {
  Kind kind;
  std::uint32_t weight;
};

constexpr Weight kWeights[] = {
    {Kind::connect, 80},      {Kind::disconnect, 60},  {Kind::reauthorize, 30},
    {Kind::send, 180},        {Kind::get_twin, 60},    {Kind::patch_twin, 50},
    {Kind::enable, 90},       {Kind::disable, 30},     {Kind::restart, 12},
    {Kind::send_c2d, 50},     {Kind::call_method, 40}, {Kind::change_desired, 40},
    {Kind::lose_session, 15}, {Kind::cut_link, 50},    {Kind::stall_link, 15},
    {Kind::change_mood, 110}, {Kind::jump_clock, 20},  {Kind::fail_signing, 6},
    {Kind::sign_again, 12},   {Kind::wait, 50},
};

constexpr std::uint32_t total_weight() {
  std::uint32_t total = 0;
  for (const Weight& w : kWeights) total += w.weight;
  return total;
}

Kind random_kind(Random& random) {
  std::uint32_t left = random.below(total_weight());
  for (const Weight& w : kWeights) {
    if (left < w.weight) return w.kind;
    left -= w.weight;
  }
  return Kind::wait;
}

std::int32_t random_number(Random& random, Kind kind) {
  switch (kind) {
    case Kind::send: return static_cast<std::int32_t>(1 + random.below(6));
    case Kind::enable:
    case Kind::disable: return static_cast<std::int32_t>(random.below(std::size(kFeatures)));
    case Kind::restart: return static_cast<std::int32_t>(random.below(3));
    case Kind::change_mood:
      // Half of the time there are no faults, so that calls can succeed.
      return random.chance(500) ? 0 : static_cast<std::int32_t>(random.below(std::size(kMoods)));
    case Kind::jump_clock: {
      const auto seconds = static_cast<std::int32_t>(random.below(random.chance(500) ? 60 : 7200));
      return random.chance(500) ? seconds : -seconds;
    }
    default: return 0;
  }
}

Duration random_pause(Random& random) {
  const std::uint32_t kind = random.below(100);
  if (kind < 15) return 0ms;
  if (kind < 45) return random.between(1ms, 100ms);
  if (kind < 70) return random.between(100ms, 5s);
  if (kind < 94) return random.between(5s, 60s);
  return random.between(60s, 300s);
}

Duration random_timeout(Random& random, Kind call) {
  const std::uint32_t kind = random.below(100);
  // Only a deadline reveals a lost response, so every request has one.
  const bool request = call == Kind::get_twin || call == Kind::patch_twin;
  if (kind < 25) return request ? 240s : 0s;
  if (kind < 35) return random.between(1ms, 100ms);
  if (kind < 65) return random.between(100ms, 20s);
  return random.between(20s, 240s);
}

Settings random_settings(Random& random) {
  // Not 60 s: it would be renewed each time that a subscription lost with the last renewal is
  // retried, which is 30 s later.
  static constexpr std::chrono::seconds kTokenLives[] = {70s, 200s, 600s, 3600s};
  using Policy = Settings::Policy;
  static constexpr Policy kPolicies[] = {Policy::standard, Policy::standard, Policy::standard,
                                         Policy::standard, Policy::standard, Policy::standard,
                                         Policy::spread,   Policy::throws,   Policy::gives_up};
  static constexpr Duration kRetryIntervals[] = {2s, 10s, 10s, 30s};
  static constexpr Duration kOperationTimeouts[] = {20s, 60s, 240s};
  static constexpr Duration kPatiences[] = {20s, 45s, 90s};
  static constexpr std::size_t kWindows[] = {1, 2, 4, 128};
  Settings settings;
  settings.credential = static_cast<Settings::Credential>(random.below(3));
  settings.token_life = random.one_of(kTokenLives);
  settings.auto_connect = !random.chance(100);
  settings.connection_retry = !random.chance(100);
  settings.ensure_desired_properties = !random.chance(200);
  settings.retry_interval = random.one_of(kRetryIntervals);
  settings.policy = random.one_of(kPolicies);
  // A floor of 100 ms makes many dials.
  if (random.chance(30)) settings.policy = random.chance(500) ? Policy::zero : Policy::negative;
  settings.throwing_stage = random.chance(250);
  settings.operation_timeout = random.one_of(kOperationTimeouts);
  // Without a limit, a read whose response is lost would block the next one. That must not happen
  // where missed changes are expected.
  if (!settings.ensure_desired_properties && random.chance(300)) settings.operation_timeout = 0s;
  settings.dial_patience = random.one_of(kPatiences);
  settings.max_in_flight = random.one_of(kWindows);
  settings.with_log = random.chance(20);
  settings.last_ending = static_cast<int>(random.below(3));
  return settings;
}

std::string feature_name(std::int32_t number) {
  return std::string(kFeatures[static_cast<std::size_t>(number)].name);
}

std::string describe_kind(const Step& step) {
  const std::string number = std::to_string(step.number);
  static constexpr std::string_view kEndings[] = {"disconnect, shutdown, close", "shutdown, close",
                                                  "close"};
  switch (step.kind) {
    case Kind::connect: return "connect";
    case Kind::disconnect: return "disconnect";
    case Kind::reauthorize: return "reauthorize";
    case Kind::send: return "send " + number + (step.number == 1 ? " message" : " messages");
    case Kind::get_twin: return "get the twin";
    case Kind::patch_twin: return "patch the twin";
    case Kind::enable: return "enable " + feature_name(step.number);
    case Kind::disable: return "disable " + feature_name(step.number);
    case Kind::restart: return "restart the client (" + std::string(kEndings[step.number]) + ")";
    case Kind::send_c2d: return "the hub sends a message";
    case Kind::call_method: return "the hub calls a method";
    case Kind::change_desired: return "the desired properties change";
    case Kind::lose_session: return "the hub loses the session";
    case Kind::cut_link: return "the link is cut";
    case Kind::stall_link: return "the link stalls";
    case Kind::change_mood: return "the network becomes " + std::string(kMoods[step.number].name);
    case Kind::jump_clock: return "the wall clock jumps by " + number + " s";
    case Kind::fail_signing: return "signing begins to fail";
    case Kind::sign_again: return "signing works again";
    case Kind::wait: return "wait";
  }
  return "?";
}

bool is_call(Kind kind) { return kind <= Kind::disable; }

}  // namespace

Schedule make_schedule(std::uint64_t seed) {
  Random random(seed);
  Schedule schedule{.settings = random_settings(random), .steps = {}};
  schedule.steps.resize(Schedule::kLeastSteps + random.below(11));
  for (Step& step : schedule.steps) {
    step.kind = random_kind(random);
    step.number = random_number(random, step.kind);
    step.timeout = random_timeout(random, step.kind);
    step.pause = random_pause(random);
    step.salt = random.next();
  }
  return schedule;
}

std::string describe(Duration duration) {
  using std::chrono::duration_cast;
  const auto in_microseconds = duration_cast<std::chrono::microseconds>(duration).count();
  if (in_microseconds < 1000) return std::to_string(in_microseconds) + " us";
  if (in_microseconds < 1'000'000) return std::to_string(in_microseconds / 1000) + " ms";
  const std::string thousandths = std::to_string(1000 + in_microseconds / 1000 % 1000);
  return std::to_string(in_microseconds / 1'000'000) + "." + thousandths.substr(1) + " s";
}

std::string describe(const Step& step) {
  std::string text = describe_kind(step);
  if (is_call(step.kind) && step.timeout > 0s) text += " within " + describe(step.timeout);
  if (step.pause > 0s) text += ", then " + describe(step.pause);
  return text;
}

std::string describe(const Settings& settings) {
  static constexpr std::string_view kCredentials[] = {"a certificate", "a signing key",
                                                      "tokens of the user"};
  static constexpr std::string_view kPolicies[] = {"standard", "spread",   "throws",
                                                   "zero",     "negative", "gives up"};
  const auto on = [](bool value) { return value ? "on" : "off"; };
  return std::string(kCredentials[static_cast<std::size_t>(settings.credential)]) + ", tokens of " +
         std::to_string(settings.token_life.count()) + " s, auto_connect " +
         on(settings.auto_connect) + ", connection_retry " + on(settings.connection_retry) +
         " every " + describe(settings.retry_interval) + ", policy " +
         std::string(kPolicies[static_cast<std::size_t>(settings.policy)]) +
         (settings.throwing_stage ? ", a stage that throws" : "") + ", ensure_desired_properties " +
         on(settings.ensure_desired_properties) + ", operation_timeout " +
         describe(settings.operation_timeout) + ", max_in_flight " +
         std::to_string(settings.max_in_flight) + ", the transport's patience " +
         describe(settings.dial_patience);
}

std::string describe(const Schedule& schedule) {
  std::string text = "  client: " + describe(schedule.settings) + "\n";
  int number = 0;
  for (const Step& step : schedule.steps) {
    text += "  " + std::to_string(++number) + ". " + describe(step) + "\n";
  }
  return text;
}

}  // namespace azure::iot::device::simulation
