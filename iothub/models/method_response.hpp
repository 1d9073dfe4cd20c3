#pragma once

#include <string>
#include <utility>

#include "../../pipeline/json/json.hpp"
#include "method_request.hpp"

namespace azure::iot::device {

// The response to a direct method. The hub passes status and payload to the caller of the method;
// their meaning is up to the device and its callers.
//
//   auto response = MethodResponse::create_from_method_request(request, 200, {{"done", true}});
struct MethodResponse {
  std::string request_id;
  int status = 0;
  Json payload = {};

  static MethodResponse create_from_method_request(const MethodRequest& request, int status,
                                                   Json payload = {}) {
    return {request.request_id, status, std::move(payload)};
  }

  bool operator==(const MethodResponse&) const = default;
};

}  // namespace azure::iot::device
