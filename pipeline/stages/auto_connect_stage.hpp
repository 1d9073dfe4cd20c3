#pragma once

#include <string_view>

#include "../pending_ops.hpp"
#include "../stage.hpp"

namespace azure::iot::device {

// Connects on behalf of any operation that needs a connection while there is none, unless the
// option `auto_connect` is off. If the connect fails, the operation fails with its error.
class AutoConnectStage final : public Stage {
 public:
  std::string_view name() const override { return "AutoConnectStage"; }

 private:
  void run_op(OpPtr op) override;

  PendingOps waiting_{*this, "for a connection", [this] { return nucleus().connect_failure; }};
};

}  // namespace azure::iot::device
