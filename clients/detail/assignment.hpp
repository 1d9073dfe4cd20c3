#pragma once

#include <string>

#include "../../provisioning/models/registration_result.hpp"

namespace azure::iot::device::detail {

// Hub and device that a registration was assigned to; refers to the result. Throws
// std::invalid_argument if the result names no hub or no device, or if a name cannot be used.
struct Assignment {
  explicit Assignment(const RegistrationResult& result);
  const std::string* hub = nullptr;
  const std::string* device_id = nullptr;
};

}  // namespace azure::iot::device::detail
