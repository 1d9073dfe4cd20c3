#include "provisioning/stages/polling_status_stage.hpp"

#include <utility>

namespace azure::iot::device {

Request PollingStatusStage::request_for(const PollStatusOperation& op) const {
  return {
      .request_type = "query",
      .method = "GET",
      .resource_location = "/",
      .body = op.request_payload,
      .query_params = Json{{"operation_id", op.operation_id ? Json(*op.operation_id) : Json()}}};
}

void PollingStatusStage::on_assigning(Owned<PollStatusOperation> op,
                                      const RequestAndResponseOperation& response) {
  send_request_later(std::move(op), response);
}

}  // namespace azure::iot::device
