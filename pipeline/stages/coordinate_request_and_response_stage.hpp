#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "../events.hpp"
#include "../operations.hpp"
#include "../pending_ops.hpp"
#include "../stage.hpp"

namespace azure::iot::device {

// Sends the request of a RequestAndResponseOperation down under a unique id, and completes the
// operation when the response with that id arrives, before or after the request is acknowledged. A
// response without a waiting operation is dropped. Unlike Python: waiting requests fail at their
// deadline and on shutdown.
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
