#include "iothub/stages/twin_request_response_stage.hpp"

#include <string>

#include "iothub/limits.hpp"
#include "pipeline/service_words.hpp"

namespace azure::iot::device {
namespace {

Request twin_request(std::string method, std::string resource_location, std::string body) {
  return {.request_type = "twin",
          .method = std::move(method),
          .resource_location = std::move(resource_location),
          .body = std::move(body),
          .query_params = {}};
}

// Returns the outcome of a response: the error of the request, or that of its status with the hub's
// explanation.
Error twin_error(const RequestAndResponseOperation& response, Error error) {
  if (error || response.status_code < 300) return error;
  std::string text = "twin operation returned status " + std::to_string(response.status_code);
  if (const auto said = Json::parse(response.response_body)) text += reason_in(*said);
  return Error(Errc::service, std::move(text)).with_service_status(response.status_code);
}

}  // namespace

void TwinRequestResponseStage::run(Owned<GetTwinOperation> op) {
  // The hub requires a body; a blank suffices.
  auto request = make_op<RequestAndResponseOperation>(twin_request("GET", "/", " "));
  request->deadline = op->deadline;
  request->then([this, key = waiting_.hold(std::move(op))](
                    Owned<RequestAndResponseOperation> response, Error error) {
    auto get = waiting_.take<GetTwinOperation>(key);
    if (!get) return;  // Its deadline came first.
    error = twin_error(*response, std::move(error));
    if (!error) {
      auto twin = Json::parse(response->response_body);
      error = twin.error();
      if (twin) get->twin = *std::move(twin);
    }
    complete(std::move(get), std::move(error));
  });
  send_op_down(std::move(request));
}

void TwinRequestResponseStage::run(Owned<PatchTwinReportedPropertiesOperation> op) {
  if (Error error = iothub_limits::check_reported_patch(op->patch)) {
    return complete(std::move(op), std::move(error));
  }
  auto request = make_op<RequestAndResponseOperation>(
      twin_request("PATCH", "/properties/reported/", op->patch.dump()));
  request->deadline = op->deadline;
  request->then([this, key = waiting_.hold(std::move(op))](
                    Owned<RequestAndResponseOperation> response, Error error) {
    OpPtr patch = waiting_.take(key);
    if (patch) complete(std::move(patch), twin_error(*response, std::move(error)));
  });
  send_op_down(std::move(request));
}

}  // namespace azure::iot::device
