#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "error.hpp"
#include "loop/time.hpp"

namespace azure::iot::device {

// Decides when a client that lost its connection reconnects. One policy may serve many clients: it
// keeps no state of theirs, and is called on their loops. If it throws, the exception is reported
// as a background exception, and the default policy decides instead.
//
//   auto client = IoTHubDeviceClient::create_from_connection_string(
//       text, {.retry_policy = std::make_shared<ExponentialBackoff>()});
class RetryPolicy {
 public:
  // A lost link or a failed attempt to connect.
  struct Failure {
    // The number of attempts that failed in a row; 0 if the link was just lost. A link lost before
    // it lasted `holds_after` counts as a failed attempt.
    int failures = 0;
    // The reason why the last attempt failed or the link was lost.
    const Error& cause;
    // Returns random numbers, uniform in [0, 1), different for each client.
    const std::function<double()>& random;
  };

  virtual ~RetryPolicy() = default;

  // Returns the pause before the next attempt, or nothing to give up. After that the application is
  // notified by a background exception, and may reconnect itself. A pause is raised to at least 10
  // ms, and to at least 100 ms after a failed attempt.
  virtual std::optional<Duration> next_pause(const Failure& failure) const = 0;
  // Returns how long a link has to last before earlier failures are forgotten.
  virtual Duration holds_after() const { return Duration::zero(); }
};

// The policy of the Python SDK, and the default: retries after 10 ms, then every `interval`. Gives
// up on errors that are not transient, such as a refused credential.
class FixedInterval final : public RetryPolicy {
 public:
  static constexpr Duration kFirstPause = std::chrono::milliseconds{10};

  explicit FixedInterval(Duration interval) : interval_(interval) {}
  std::optional<Duration> next_pause(const Failure& failure) const override;

 private:
  const Duration interval_;
};

// Capped exponential backoff with full jitter, so that the devices of a fleet do not reconnect at
// the same moment. A pause is random between zero and a limit, which doubles with each attempt up
// to `longest`. Gives up on the errors that FixedInterval gives up on. With
// `retry_refused_credentials` a refused credential is retried too: a hub may refuse a valid one for
// a while, for example after a device was disabled and re-enabled.
class ExponentialBackoff final : public RetryPolicy {
 public:
  struct Limits {
    Duration first = std::chrono::seconds{1};
    Duration longest = std::chrono::minutes{5};
    Duration holds_after = std::chrono::minutes{1};
    bool retry_refused_credentials = false;
  };

  ExponentialBackoff() : ExponentialBackoff(Limits{}) {}
  // Throws std::invalid_argument unless every limit is above 0 and `longest` is at least `first`.
  explicit ExponentialBackoff(Limits limits);

  std::optional<Duration> next_pause(const Failure& failure) const override;
  Duration holds_after() const override { return limits_.holds_after; }

 private:
  const Limits limits_;
};

}  // namespace azure::iot::device
