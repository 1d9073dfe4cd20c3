#pragma once

#include <functional>
#include <string_view>
#include <utility>

#include "../../pipeline/operations.hpp"
#include "../../pipeline/stage.hpp"

namespace azure::iot::device::detail {

// Below ConnectionRetryStage: sees each attempt to connect, also those that nobody asked for.
class ConnectWatch final : public Stage {
 public:
  // `told` is called with the end of each, from inside the chain.
  explicit ConnectWatch(std::function<void(const Error&)> told) : told_(std::move(told)) {}
  std::string_view name() const override { return "ConnectWatch"; }

 private:
  void run_op(OpPtr op) override {
    if (op->type() == type_id<ConnectOperation>()) {
      op->then([this](OpPtr ended, Error error) {
        told_(error);
        complete(std::move(ended), std::move(error));
      });
    }
    send_op_down(std::move(op));
  }

  const std::function<void(const Error&)> told_;
};

}  // namespace azure::iot::device::detail
