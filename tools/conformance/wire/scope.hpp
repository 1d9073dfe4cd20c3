#pragma once

#include <optional>
#include <string>

#include "tools/conformance/wire/vector.hpp"

namespace azure::iot::device::conformance::wire {

// Returns the feature that a vector needs and this library does not have: "x509", "websockets";
// nothing if the vector can be replayed.
std::optional<std::string> missing_feature(const Vector& vector);

// Returns the reason why no program that follows the vector compiles: an option that the factory
// does not have. (Values of a wrong type are detected in use: CompileTimeRefusal.)
std::optional<std::string> refused_option(const Vector& vector);

}  // namespace azure::iot::device::conformance::wire
