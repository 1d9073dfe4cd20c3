#pragma once

#include <optional>
#include <string>

#include "tools/conformance/wire/vector.hpp"

namespace azure::iot::device::conformance::wire {

// What a vector needs that this library does not have: "x509", "websockets"; nothing if it can be
// replayed.
std::optional<std::string> missing_feature(const Vector& vector);

// Why no program that does what the vector does is compiled: an option that the factory does not
// have. (Values of a wrong type are found when they are given: CompileTimeRefusal.)
std::optional<std::string> refused_option(const Vector& vector);

}  // namespace azure::iot::device::conformance::wire
