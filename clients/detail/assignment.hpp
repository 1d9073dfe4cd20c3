#pragma once

#include <string>

#include "../../provisioning/models/registration_result.hpp"

namespace azure::iot::device::detail {

// Where a registration has put the device; refers to the result. Throws std::invalid_argument if
// the result names no hub or no device, or the names cannot be used.
struct Assignment {
  explicit Assignment(const RegistrationResult& result);
  const std::string* hub = nullptr;
  const std::string* device_id = nullptr;
};

}  // namespace azure::iot::device::detail
