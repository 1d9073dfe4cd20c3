#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "../events.hpp"
#include "../operations.hpp"
#include "../pending_ops.hpp"
#include "../stage.hpp"

namespace azure::iot::device {

// Sends the request of a RequestAndResponseOperation down under an id of its own, and completes the
// operation when the response with that id comes up, whether before or after the request itself is
// acknowledged. A response that nobody waits for is dropped.
// Unlike Python: a shutdown fails the requests that wait, and so does their deadline.
class CoordinateRequestAndResponseStage final
    : public Handles<CoordinateRequestAndResponseStage,
                     Ops<RequestAndResponseOperation, ShutdownPipelineOperation>,
                     Events<ResponseEvent>> {
 public:
  std::string_view name() const override { return "CoordinateRequestAndResponseStage"; }

  void run(Owned<RequestAndResponseOperation> op);
  void run(Owned<ShutdownPipelineOperation> op);
  void on(const ResponseEvent& event);

 private:
  std::unordered_map<std::string, OpKey> keys_;  // By request id.
  PendingOps waiting_{*this, "for the response of the service"};
};

}  // namespace azure::iot::device
