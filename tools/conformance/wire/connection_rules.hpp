#pragma once

#include "tools/conformance/wire/differences.hpp"

// Accepted differences in how a link is brought back: see the table in differences.cpp.
namespace azure::iot::device::conformance::wire {

bool failure_is_shared(const Situation& situation, const Deviation& deviation);
bool giving_up_is_reported(const Situation& situation, const Deviation& deviation);

}  // namespace azure::iot::device::conformance::wire
