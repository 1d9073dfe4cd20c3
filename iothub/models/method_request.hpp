#pragma once

#include <string>

#include "../../pipeline/json/json.hpp"

namespace azure::iot::device {

// A call of a direct method. Every call is to be answered with a MethodResponse, also one with an
// unknown name.
//
//   if (request.name == "blink") use(request.payload["times"].as_int());
struct MethodRequest {
  std::string request_id;  // Identifies the response to the hub.
  std::string name;
  Json payload = {};  // null if the caller gave none.

  bool operator==(const MethodRequest&) const = default;
};

}  // namespace azure::iot::device
