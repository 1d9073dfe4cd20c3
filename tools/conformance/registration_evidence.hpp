#pragma once

#include <string_view>

#include "differences.hpp"

// Evidence about registrations with the provisioning service, in addition to evidence.hpp.
namespace azure::iot::device::conformance {

bool is_registration(std::string_view type);
// It sends a request of a registration that the driver did not run itself.
bool is_registration_request(const Deviation& deviation);
// The step's input refuses a request of a registration with a status that Python takes for that of
// a busy service: 430 to 499.
bool refuses_registration(const Situation& situation);
// Whether, up to here, the service asked for a pause of 0 or less before the next request.
bool has_asked_for_no_pause(const Situation& situation);
// Whether, up to here, a registration was given up, or was answered too late or before its request
// was sent, or the driver shut down.
bool has_given_up_registration(const Situation& situation);
// Whether the same request is missing elsewhere in this step; whether any is.
bool is_missing_too(const Situation& situation, const Deviation& request);
bool misses_registration_request(const Situation& situation);

}  // namespace azure::iot::device::conformance
