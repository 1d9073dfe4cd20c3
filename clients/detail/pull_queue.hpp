#pragma once

#include <algorithm>
#include <list>
#include <memory>
#include <optional>
#include <utility>

#include "../../iothub/inbox.hpp"
#include "../../pipeline/loop/event_loop.hpp"
#include "../../pipeline/loop/timer.hpp"
#include "completion.hpp"

namespace azure::iot::device::detail {

// Those who wait for something to come into an inbox, in the order in which they came: the older
// receive calls. Loop's thread only.
template <class T>
class PullQueue {
 public:
  using Done = Completion<std::optional<T>>;

  // Ends with the oldest item; with nothing when there is none before the deadline.
  void wait(EventLoop& loop, Inbox<T>& inbox, SteadyTime deadline, Done done) {
    if (auto item = inbox.take()) return done(std::move(item));
    if (deadline <= loop.now()) return done(std::optional<T>());
    Waiting& waiting = waiting_.emplace_back(inbox, std::move(done));
    if (deadline == kNever) return;
    waiting.timer.start_at(loop, deadline, [this, &waiting] { end(waiting, std::optional<T>()); });
  }

  // Something was put into an inbox.
  void wake() {
    for (auto it = waiting_.begin(); it != waiting_.end();) {
      Waiting& waiting = *it++;
      auto item = waiting.inbox.take();
      if (!item) continue;
      end(waiting, std::move(item));
      it = waiting_.begin();  // Whoever was told may have waited anew, or ended others.
    }
  }

  void fail_all(const Error& why) {
    while (!waiting_.empty()) end(waiting_.front(), why);
  }

 private:
  struct Waiting {
    Waiting(Inbox<T>& inbox_, Done done_) : inbox(inbox_), done(std::move(done_)) {}
    Inbox<T>& inbox;
    Done done;
    Timer timer;
  };

  void end(Waiting& waiting, Outcome<std::optional<T>> outcome) {
    std::list<Waiting> ended;
    const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                    [&](const Waiting& w) { return &w == &waiting; });
    ended.splice(ended.begin(), waiting_, found);
    ended.front().done(std::move(outcome));
  }

  std::list<Waiting> waiting_;
};

}  // namespace azure::iot::device::detail
