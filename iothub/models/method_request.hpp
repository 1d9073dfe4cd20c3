#pragma once

#include <string>

#include "../../pipeline/json/json.hpp"

namespace azure::iot::device {

// A call of a direct method, to be answered with a MethodResponse.
struct MethodRequest {
  std::string request_id;
  std::string name;
  Json payload = {};

  bool operator==(const MethodRequest&) const = default;
};

}  // namespace azure::iot::device
