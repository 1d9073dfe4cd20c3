#include "support/growth.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "clients/detail/pull_queue.hpp"
#include "pipeline/loop/manual_loop.hpp"

namespace azure::iot::device::detail {
namespace {
using namespace std::chrono_literals;

struct Calls {
  void wait(Inbox<int>& in, SteadyTime deadline = kNever) {
    queue.wait(loop, in, deadline,
               PullQueue<int>::Done([this](Result<std::optional<int>>) { ++ended; }));
  }

  ManualLoop loop;
  Inbox<int> inbox{16};
  std::map<std::size_t, Inbox<int>> others;
  PullQueue<int> queue;
  std::size_t ended = 0;
};

template <class F>
growth::Work on_calls(F f) {
  return [f](std::size_t size) {
    auto calls = std::make_shared<Calls>();
    for (std::size_t i = 0; i < size; ++i) calls->others.try_emplace(i, 16);
    return [f, calls, size] {
      f(*calls, size);
      CHECK(calls->ended == size);
    };
  };
}

TEST_CASE("PullQueue: work grows with the calls that wait no faster than they do") {
  growth::check({
      {"calls that end with an item", 200, on_calls([](Calls& calls, std::size_t size) {
         for (std::size_t i = 0; i < size; ++i) calls.wait(calls.inbox);
         for (std::size_t i = 0; i < size; ++i) {
           calls.inbox.put(1);
           calls.queue.wake(calls.inbox);
         }
       })},
      {"calls for other inboxes, the last first", 200, on_calls([](Calls& calls, std::size_t size) {
         for (std::size_t i = 0; i < size; ++i) calls.wait(calls.others.at(i));
         for (std::size_t i = size; i-- > 0;) {
           calls.others.at(i).put(1);
           calls.queue.wake(calls.others.at(i));
         }
       })},
      {"items that nobody waits for", 200, on_calls([](Calls& calls, std::size_t size) {
         for (std::size_t i = 0; i < size; ++i) calls.wait(calls.others.at(i));
         for (std::size_t i = 0; i < size; ++i) {
           calls.inbox.put(1);
           calls.queue.wake(calls.inbox);
         }
         calls.queue.fail_all(Errc::operation_cancelled);
       })},
      {"calls that time out, the last first", 200, on_calls([](Calls& calls, std::size_t size) {
         for (std::size_t i = 0; i < size; ++i) {
           calls.wait(calls.inbox, calls.loop.now() + 1h - i * 1ms);
         }
         calls.loop.advance(1h);
       })},
      {"calls that fail", 200, on_calls([](Calls& calls, std::size_t size) {
         for (std::size_t i = 0; i < size; ++i) calls.wait(calls.inbox);
         calls.queue.fail_all(Errc::operation_cancelled);
       })},
  });
}

}  // namespace
}  // namespace azure::iot::device::detail
