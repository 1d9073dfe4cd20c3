#pragma once

#include <functional>
#include <string_view>
#include <utility>

#include "../../pipeline/events.hpp"
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

// Above ConnectionRetryStage: sees that the lost connection is not made again.
class GiveUpWatch final : public Handles<GiveUpWatch, Ops<>, Events<BackgroundExceptionEvent>> {
 public:
  // `told` is called from inside the chain.
  explicit GiveUpWatch(std::function<void()> told) : told_(std::move(told)) {}
  std::string_view name() const override { return "GiveUpWatch"; }

  void on(const BackgroundExceptionEvent& event) {
    if (event.gave_up) told_();
    send_event_up(event);
  }

 private:
  const std::function<void()> told_;
};

}  // namespace azure::iot::device::detail
