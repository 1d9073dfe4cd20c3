#include "provisioning/registration_answer.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "pipeline/service_words.hpp"
#include "pipeline/text/decimal.hpp"
#include "provisioning/unreadable_answer.hpp"

namespace azure::iot::device {
namespace {

using Kind = RegistrationAnswer::Kind;

RegistrationAnswer failed(Error error) {
  return {.kind = Kind::ended, .result = {}, .error = std::move(error)};
}

Error service_error(std::string text, int status_code) {
  return Error(Errc::service, std::move(text)).with_service_status(status_code);
}

// Whether a later request may get another answer.
bool may_pass(int status_code) {
  constexpr int kTooManyRequests = 429;
  constexpr int kFirstOfTheServer = 500;
  return status_code == kTooManyRequests || status_code >= kFirstOfTheServer;
}

}  // namespace

RegistrationAnswer read_registration_answer(const RequestAndResponseOperation& response,
                                            std::string_view what) {
  constexpr int kFirstError = 300;
  const int status_code = response.status_code;
  const std::string code = std::to_string(status_code);
  if (may_pass(status_code)) return {.kind = Kind::try_again};
  if (status_code >= kFirstError) {
    const auto said = Json::parse(response.response_body);
    return failed(service_error(std::string(what) +
                                    " request returned a service error status code " + code +
                                    (said ? reason_in(*said) : std::string()),
                                status_code));
  }

  auto body = Json::parse(response.response_body);
  if (!body) {
    const std::string why = "its body is " + body.error().detail();
    return failed(unreadable_answer(why, response.response_body));
  }
  if (!body->is_object()) {
    return failed(unreadable_answer("its body is no JSON object", response.response_body));
  }
  const Json* const status = body->find("status");
  const bool known = status && (*status == Json("assigned") || *status == Json("failed") ||
                                *status == Json("assigning"));
  if (!known) {
    return failed(service_error(
        "Query Status Operation encountered an invalid registration status " +
            (status ? quote_part(*status) : "None") + " with a status code of " + code,
        status_code));
  }
  // An undecided registration has nothing to read, and so nothing that could be malformed.
  if (*status == Json("assigning")) body->erase("registrationState");
  auto result = read_registration_result(*body);
  if (!result) return failed(result.error());
  RegistrationAnswer answer{.kind = Kind::ended, .result = *std::move(result), .error = {}};
  if (answer.result->status == "assigning") answer.kind = Kind::assigning;
  if (answer.result->status == "failed") {
    const Json* const from = body->find("registrationState");
    const Json state = from ? *from : Json();
    answer.error = service_error(
        "Query Status operation returned a failed registration status with a status code of " +
            code + reason_in(state, "errorMessage"),
        status_code);
  }
  return answer;
}

Result<Duration> pause_before_next(const RequestAndResponseOperation& response,
                                   const std::function<double()>& random) {
  if (!response.retry_after) return kPollingInterval;
  const auto seconds = parse_saturating_decimal(*response.retry_after);
  if (!seconds) {
    return unreadable_answer("its retry-after is no number of seconds", *response.retry_after);
  }
  if (*seconds <= kLongestPause.count()) {
    return Duration(std::max(std::chrono::seconds(*seconds), kShortestPause));
  }
  const Duration half = Duration(kLongestPause) / 2;
  return half + Duration(static_cast<Duration::rep>(static_cast<double>(half.count()) * random()));
}

}  // namespace azure::iot::device
