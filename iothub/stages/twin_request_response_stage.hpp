#pragma once

#include <string_view>

#include "../../pipeline/operations.hpp"
#include "../../pipeline/pending_ops.hpp"
#include "../../pipeline/stage.hpp"
#include "../iothub_operations.hpp"

namespace azure::iot::device {

// Turns twin operations into requests, and the responses into twins or errors. A status of 300 or
// above is an `Errc::service` error, and a body that is not JSON is `Errc::bad_content`. An
// operation that waits here completes with its request, which a shutdown fails further down.
//
// Unlike Python: a patch beyond the limits of limits.hpp fails here and is not sent.
class TwinRequestResponseStage final
    : public Handles<TwinRequestResponseStage,
                     Ops<GetTwinOperation, PatchTwinReportedPropertiesOperation>> {
 public:
  std::string_view name() const override { return "TwinRequestResponseStage"; }

  void run(Owned<GetTwinOperation> op);
  void run(Owned<PatchTwinReportedPropertiesOperation> op);

 private:
  PendingOps waiting_{*this, "for the twin"};
};

}  // namespace azure::iot::device
