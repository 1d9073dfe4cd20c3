#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "error.hpp"
#include "loop/time.hpp"

namespace azure::iot::device {

// When a client that lost its connection connects again. One policy may serve many clients: it
// keeps nothing of them, and is asked on their loops. If it throws, that is reported as a
// background exception, and the default policy decides instead.
//
//   auto client = IoTHubDeviceClient::create_from_connection_string(
//       text, {.retry_policy = std::make_shared<ExponentialBackoff>()});
class RetryPolicy {
 public:
  // What has happened.
  struct Failure {
    // How many attempts have failed in a row; 0: none yet, the link was only just lost. A link that
    // was lost before it had held for `holds_after` counts as an attempt that failed.
    int failures = 0;
    // Why the last attempt failed, or the link was lost.
    const Error& cause;
    // Uniform in [0, 1), other numbers for each client.
    const std::function<double()>& random;
  };

  virtual ~RetryPolicy() = default;

  // How long to wait before the next attempt; nothing gives up. Then the application is notified by
  // a background exception, and may connect again itself. A pause is at least 10 ms long, and at
  // least 100 ms after an attempt that failed: a shorter one is raised to that.
  virtual std::optional<Duration> next_pause(const Failure& failure) const = 0;
  // How long a link has to hold until what failed before it is forgotten.
  virtual Duration holds_after() const { return Duration::zero(); }
};

// The Python SDK's, and the default: at once, within 10 ms, and then every `interval`. Gives up on
// what will not get better by itself, such as a credential that was refused.
class FixedInterval final : public RetryPolicy {
 public:
  static constexpr Duration kFirstPause = std::chrono::milliseconds{10};

  explicit FixedInterval(Duration interval) : interval_(interval) {}
  std::optional<Duration> next_pause(const Failure& failure) const override;

 private:
  const Duration interval_;
};

// For fleets, which would otherwise all come back at the same moment: any pause between nothing and
// a limit that doubles with each attempt, up to `longest` ("capped exponential with full jitter").
// Gives up where FixedInterval does, unless it is told to go on with a credential that was refused:
// a hub may refuse it for a while, as after a device was disabled and enabled again.
class ExponentialBackoff final : public RetryPolicy {
 public:
  struct Limits {
    Duration first = std::chrono::seconds{1};
    Duration longest = std::chrono::minutes{5};
    Duration holds_after = std::chrono::minutes{1};
    bool retry_refused_credentials = false;
  };

  ExponentialBackoff() : ExponentialBackoff(Limits{}) {}
  // Throws std::invalid_argument if a limit breaks its rule: all above 0, and `longest` not below
  // `first`.
  explicit ExponentialBackoff(Limits limits);

  std::optional<Duration> next_pause(const Failure& failure) const override;
  Duration holds_after() const override { return limits_.holds_after; }

 private:
  const Limits limits_;
};

}  // namespace azure::iot::device
