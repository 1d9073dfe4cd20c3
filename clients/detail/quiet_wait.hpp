#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "../../pipeline/loop/event_loop.hpp"
#include "../../pipeline/loop/timer.hpp"

namespace azure::iot::device::detail {

// Waits for handlers to become quiet, but not for ever: calls `done` on the loop's thread, with
// whether they are. Made by std::make_shared; keeps itself and the loop until then. Any thread.
class QuietWait : public std::enable_shared_from_this<QuietWait> {
 public:
  QuietWait(std::shared_ptr<EventLoop> loop, std::function<void(bool quiet)> done)
      : loop_(std::move(loop)), done_(std::move(done)) {}

  // Before `quiet`.
  void start(SteadyTime deadline) {
    loop_->post([self = shared_from_this(), deadline] {
      if (deadline == kNever) return;
      self->timer_.start_deadline(*self->loop_, deadline, [self] { self->end(false); });
    });
  }

  // A handler that comes to its end late may call this when all others have gone.
  void quiet() {
    loop_->post([self = shared_from_this()] { self->end(true); });
  }
  // Waits no longer. Loop's thread only.
  void give_up() { end(false); }

 private:
  void end(bool quiet) {
    if (!done_) return;
    const auto done = std::exchange(done_, nullptr);
    const auto self = shared_from_this();  // The timer's function may be what keeps this.
    timer_.cancel();
    done(quiet);
  }

  const std::shared_ptr<EventLoop> loop_;
  Timer timer_;
  std::function<void(bool)> done_;
};

}  // namespace azure::iot::device::detail
