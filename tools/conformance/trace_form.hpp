#pragma once

#include "pipeline/json/json.hpp"

namespace azure::iot::device::conformance {

// Checks that a trace has the form of a recording, so that the replayer need not look at each value
// again. Throws std::invalid_argument, which names the place and the rule.
void check_form(const Json& trace);

}  // namespace azure::iot::device::conformance
