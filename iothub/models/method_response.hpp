#pragma once

#include <string>
#include <utility>

#include "../../pipeline/json/json.hpp"
#include "method_request.hpp"

namespace azure::iot::device {

// The answer to a direct method: the hub's caller is given the status and the payload, which mean
// what the two agree on.
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
