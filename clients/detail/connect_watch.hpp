#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "../../pipeline/events.hpp"
#include "../../pipeline/operations.hpp"
#include "../../pipeline/stage.hpp"

namespace azure::iot::device::detail {

// Link of a client as the two stages below observe it. The functions are called from inside the
// chain.
struct WatchedLink {
  // Called when an attempt to connect has ended. `redial`: the retry policy made it, and no call
  // asked for it.
  std::function<void(const Error&, bool redial)> on_attempt;
  std::function<void()> on_up;
  std::function<void()> on_down;
  // Called when the client gives up on a lost link.
  std::function<void()> on_gave_up;

  std::vector<const Operation*> asked_for = {};  // Connects of calls still in progress.
};

// Stage above ConnectionRetryStage: observes the link itself, and the connects that calls asked
// for.
class LinkWatch final
    : public Handles<LinkWatch, Ops<ConnectOperation>,
                     Events<ConnectedEvent, DisconnectedEvent, BackgroundExceptionEvent>> {
 public:
  explicit LinkWatch(std::shared_ptr<WatchedLink> link) : link_(std::move(link)) {}
  std::string_view name() const override { return "LinkWatch"; }

  void run(Owned<ConnectOperation> op) {
    const Operation* const asked = op.get();
    link_->asked_for.push_back(asked);
    op->then([this, asked](OpPtr ended, Error error) {
      std::erase(link_->asked_for, asked);
      complete(std::move(ended), std::move(error));
    });
    send_op_down(std::move(op));
  }

  void on(const ConnectedEvent& event) {
    link_->on_up();
    send_event_up(event);
  }
  void on(const DisconnectedEvent& event) {
    link_->on_down();
    send_event_up(event);
  }
  void on(const BackgroundExceptionEvent& event) {
    if (event.gave_up) link_->on_gave_up();
    send_event_up(event);
  }

 private:
  const std::shared_ptr<WatchedLink> link_;
};

// Stage below ConnectionRetryStage: observes each attempt to connect, including those of the retry
// policy.
class ConnectWatch final : public Stage {
 public:
  explicit ConnectWatch(std::shared_ptr<WatchedLink> link) : link_(std::move(link)) {}
  std::string_view name() const override { return "ConnectWatch"; }

 private:
  void run_op(OpPtr op) override {
    if (op->type() == type_id<ConnectOperation>()) {
      const auto& asked_for = link_->asked_for;
      const bool redial =
          std::find(asked_for.begin(), asked_for.end(), op.get()) == asked_for.end();
      op->then([this, redial](OpPtr ended, Error error) {
        link_->on_attempt(error, redial);
        complete(std::move(ended), std::move(error));
      });
    }
    send_op_down(std::move(op));
  }

  const std::shared_ptr<WatchedLink> link_;
};

}  // namespace azure::iot::device::detail
