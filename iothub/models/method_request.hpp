#pragma once

#include <string>

#include "../../pipeline/json/json.hpp"

namespace azure::iot::device {

// A call of a direct method, to be answered with a MethodResponse, whatever its name.
//
//   if (request.name == "blink") use(request.payload["times"].as_int());
struct MethodRequest {
  std::string request_id;  // By which the hub knows the answer.
  std::string name;
  Json payload = {};  // null where the caller gave none.

  bool operator==(const MethodRequest&) const = default;
};

}  // namespace azure::iot::device
