#pragma once

#include "differences.hpp"

// Accepted differences in how a link is brought back: see the table in differences.cpp.
namespace azure::iot::device::conformance {

bool link_has_an_owner(const Situation& situation, const Deviation& deviation);
bool failure_is_shared(const Situation& situation, const Deviation& deviation);
bool giving_up_is_reported(const Situation& situation, const Deviation& deviation);
bool token_is_asked_for_later(const Situation& situation, const Deviation& deviation);

}  // namespace azure::iot::device::conformance
