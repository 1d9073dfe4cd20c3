#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "pipeline/error.hpp"

// The names of the Python SDK's own exceptions, by error code.
namespace azure::iot::device::conformance {

// Empty if Python has none.
std::string_view python_name(Errc code);
std::optional<Errc> errc_of(std::string_view python_name);

// Whether a status of the provisioning service refuses a request that Python would still repeat.
constexpr bool is_busy_to_python_alone(std::int64_t status) {
  return status >= 430 && status <= 499;
}

}  // namespace azure::iot::device::conformance
