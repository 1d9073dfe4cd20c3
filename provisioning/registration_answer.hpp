#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "../pipeline/loop/time.hpp"
#include "../pipeline/operations.hpp"
#include "models/registration_result.hpp"

namespace azure::iot::device {

// What a response of the service asks of whoever waits for it. (Python: CommonProvisioningStage.)
struct RegistrationAnswer {
  enum class Kind {
    ended,      // There is a result, or an error, or both.
    assigning,  // The service is at it: ask later how far it is.
    try_again,  // The service is too busy: ask the same later.
  };
  Kind kind = Kind::ended;
  std::optional<RegistrationResult> result = {};
  Error error = {};
};

// How long to wait where the service does not say.
inline constexpr Duration kPollingInterval = std::chrono::seconds{2};

// Reads a response. `what` names the request: "register" or "query". A status of 429, or of 500 and
// above, is a reason to try again, another of 300 and above an `Errc::service` error; what cannot
// be read is `Errc::bad_content`. Unlike Python, which tries again after 430 to 499 as well: what
// the service refuses it refuses the next time too.
RegistrationAnswer read_registration_answer(const RequestAndResponseOperation& response,
                                            std::string_view what);

// The shortest and the longest pause that a service can mean.
inline constexpr std::chrono::seconds kShortestPause{1};
inline constexpr std::chrono::seconds kLongestPause = std::chrono::hours{1};

// How long to wait before the next request: the service's retry-after, or kPollingInterval if it
// sent none. Above kLongestPause the pause is random between half of that and all of it, so that
// devices that got the same answer do not come back together. `random` is uniform in [0, 1).
// Unlike Python: the pause is never below kShortestPause. A retry-after of 0 or less would have the
// service asked without a pause, for as long as it answers like that.
Result<Duration> pause_before_next(const RequestAndResponseOperation& response,
                                   const std::function<double()>& random);

}  // namespace azure::iot::device
