#pragma once

#include <optional>
#include <string_view>

#include "pipeline/error.hpp"

// The names that the Python SDK's own exceptions have for error codes.
namespace azure::iot::device::conformance {

// Empty where Python has none.
std::string_view python_name(Errc code);
std::optional<Errc> errc_of(std::string_view python_name);

}  // namespace azure::iot::device::conformance
