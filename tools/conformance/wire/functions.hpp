#pragma once

#include <optional>
#include <string>

#include "tools/conformance/wire/replay.hpp"

namespace azure::iot::device::conformance::wire {

// Returns the feature of a function that this library does not have; nothing if it can be replayed.
std::optional<std::string> missing_feature(const FunctionVector& vector);

// Calls the function. Throws std::invalid_argument if it is unknown.
Replayed replay(const FunctionVector& vector);

}  // namespace azure::iot::device::conformance::wire
