#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "../../pipeline/loop/event_loop.hpp"
#include "../../pipeline/loop/timer.hpp"

namespace azure::iot::device::detail {

// Waits until handlers are quiet, or until a deadline. Calls `done` on the loop's thread, with
// whether they are quiet. Created by std::make_shared; keeps itself and the loop until then. Any
// thread.
class QuietWait : public std::enable_shared_from_this<QuietWait> {
 public:
  QuietWait(std::shared_ptr<EventLoop> loop, std::function<void(bool quiet)> done)
      : loop_(std::move(loop)), done_(std::move(done)) {}

  // Call it before `quiet`.
  void start(SteadyTime deadline) {
    loop_->post([self = shared_from_this(), deadline] {
      if (deadline == kNever) return;
      self->timer_.start_deadline(*self->loop_, deadline, [self] { self->end(false); });
    });
  }

  // Ends the wait with success. May be called by a late handler that holds the last reference to
  // this.
  void quiet() {
    loop_->post([self = shared_from_this()] { self->end(true); });
  }
  // Ends the wait without success. Loop's thread only.
  void give_up() { end(false); }

 private:
  void end(bool quiet) {
    if (!done_) return;
    const auto done = std::exchange(done_, nullptr);
    const auto self = shared_from_this();  // The timer's function may hold the last reference.
    timer_.cancel();
    done(quiet);
  }

  const std::shared_ptr<EventLoop> loop_;
  Timer timer_;
  std::function<void(bool)> done_;
};

}  // namespace azure::iot::device::detail
