#pragma once

#include <map>
#include <optional>
#include <utility>

#include "../../iothub/inbox.hpp"
#include "../../pipeline/loop/event_loop.hpp"
#include "../../pipeline/loop/timer.hpp"
#include "completion.hpp"

namespace azure::iot::device::detail {

// Older receive calls that wait for an item in an inbox, in their order for each inbox. Loop's
// thread only.
template <class T>
class PullQueue {
 public:
  using Done = Completion<std::optional<T>>;

  // Completes with the oldest item, or with nothing if none arrives before the deadline.
  void wait(EventLoop& loop, Inbox<T>& inbox, SteadyTime deadline, Done done) {
    if (auto item = inbox.take()) return done(std::move(item));
    if (deadline <= loop.now()) return done(std::optional<T>());
    const auto waiting = waiting_.emplace(&inbox, std::move(done));
    if (deadline == kNever) return;
    waiting->second.timer.start_deadline(loop, deadline,
                                         [this, waiting] { end(waiting, std::optional<T>()); });
  }

  // Call it after an item was put into that inbox. A completed call may begin other calls, or end
  // them.
  void wake(Inbox<T>& inbox) {
    for (;;) {
      const auto first = waiting_.lower_bound(&inbox);
      if (first == waiting_.end() || first->first != &inbox) return;
      auto item = inbox.take();
      if (!item) return;
      end(first, std::move(item));
    }
  }

  void fail_all(const Error& why) {
    while (!waiting_.empty()) end(waiting_.begin(), why);
  }

 private:
  struct Waiting {
    Waiting(Done done_) : done(std::move(done_)) {}
    Done done;
    Timer timer;
  };
  using Queue = std::multimap<Inbox<T>*, Waiting>;

  void end(typename Queue::iterator waiting, Outcome<std::optional<T>> outcome) {
    auto ended = waiting_.extract(waiting);
    ended.mapped().done(std::move(outcome));
  }

  Queue waiting_;
};

}  // namespace azure::iot::device::detail
