#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "../pipeline/loop/time.hpp"
#include "../pipeline/operations.hpp"
#include "models/registration_result.hpp"

namespace azure::iot::device {

// The next step that a response of the service calls for. (Python: CommonProvisioningStage.)
struct RegistrationAnswer {
  enum class Kind {
    ended,      // There is a result, or an error, or both.
    assigning,  // The service is still assigning: poll the status later.
    try_again,  // The service is too busy: send the same request later.
  };
  Kind kind = Kind::ended;
  std::optional<RegistrationResult> result = {};
  Error error = {};
};

// The pause where the service names none.
inline constexpr Duration kPollingInterval = std::chrono::seconds{2};

// Reads a response. `what` names the request: "register" or "query". A status of 429, or of 500 and
// above, calls for a retry; any other of 300 and above is an `Errc::service` error. A response that
// cannot be read is `Errc::bad_content`. Unlike Python: 430 to 499 are not retried, because the
// service would refuse the next request too.
RegistrationAnswer read_registration_answer(const RequestAndResponseOperation& response,
                                            std::string_view what);

// The shortest and the longest pause that a service can ask for.
inline constexpr std::chrono::seconds kShortestPause{1};
inline constexpr std::chrono::seconds kLongestPause = std::chrono::hours{1};

// Returns the pause before the next request: the service's retry-after, or kPollingInterval if it
// sent none. Above kLongestPause the pause is random between half of that and all of it, so that
// devices that got the same answer do not come back together. `random` is uniform in [0, 1). Unlike
// Python: the pause is never below kShortestPause, since a retry-after of 0 or less would make the
// client poll without a pause.
Result<Duration> pause_before_next(const RequestAndResponseOperation& response,
                                   const std::function<double()>& random);

}  // namespace azure::iot::device
