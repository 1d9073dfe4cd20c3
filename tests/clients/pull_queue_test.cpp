#include "clients/detail/pull_queue.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "pipeline/loop/manual_loop.hpp"

namespace azure::iot::device::detail {
namespace {
using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

struct Fixture {
  // Waits, and records the outcome under this name.
  void wait(const std::string& name, SteadyTime deadline = kNever) {
    wait(name, inbox, deadline, [] {});
  }
  template <class F>
  void wait(const std::string& name, Inbox<int>& from, SteadyTime deadline, F then) {
    queue.wait(loop, from, deadline,
               PullQueue<int>::Done([this, name, then](Result<std::optional<int>> ended) {
                 const std::string outcome = !ended   ? std::string(to_string(ended.error().code()))
                                             : *ended ? std::to_string(**ended)
                                                      : "nothing";
                 seen.push_back(name + ": " + outcome);
                 then();
               }));
  }
  void put(int item) {
    inbox.put(item);
    queue.wake(inbox);
  }

  ManualLoop loop;
  Inbox<int> inbox{4};
  Inbox<int> other{4};
  Texts seen;
  PullQueue<int> queue;
};

TEST_CASE_FIXTURE(Fixture, "PullQueue: an item that is there ends a wait at once") {
  inbox.put(1);
  wait("a");
  CHECK(seen == Texts{"a: 1"});
  wait("b", loop.now());
  CHECK(seen == Texts{"a: 1", "b: nothing"});
  CHECK(loop.pending_timers() == 0);
}

TEST_CASE_FIXTURE(Fixture, "PullQueue: each item ends the oldest wait, and stops its timer") {
  wait("a", loop.now() + 1s);
  wait("b", loop.now() + 2s);
  put(1);
  CHECK(seen == Texts{"a: 1"});
  CHECK(loop.pending_timers() == 1);
  loop.advance(2s - 1ns);
  CHECK(seen.size() == 1);
  loop.advance(1ns);
  CHECK(seen == Texts{"a: 1", "b: nothing"});
  put(2);
  CHECK(seen.size() == 2);
  CHECK(inbox.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "PullQueue: a wait without a deadline starts no timer") {
  wait("a");
  CHECK(loop.pending_timers() == 0);
  put(1);
  CHECK(seen == Texts{"a: 1"});
}

TEST_CASE_FIXTURE(Fixture, "PullQueue: one wake serves as many waits as there are items") {
  for (const char* name : {"a", "b", "c"}) wait(name);
  inbox.put(1);
  inbox.put(2);
  queue.wake(inbox);
  CHECK(seen == Texts{"a: 1", "b: 2"});
}

TEST_CASE_FIXTURE(Fixture, "PullQueue: a wait for another inbox is passed over, and stays") {
  wait("other", other, kNever, [] {});
  wait("a");
  put(1);
  CHECK(seen == Texts{"a: 1"});
  other.put(7);
  queue.wake(inbox);
  CHECK(seen.size() == 1);
  queue.wake(other);
  CHECK(seen == Texts{"a: 1", "other: 7"});
}

TEST_CASE_FIXTURE(Fixture, "PullQueue: a caller may wait again from inside its completion") {
  wait("a", inbox, kNever, [&] { wait("again"); });
  wait("b");
  inbox.put(1);
  inbox.put(2);
  queue.wake(inbox);
  // The wait found the second item already there.
  CHECK(seen == Texts{"a: 1", "again: 2"});
  put(3);
  CHECK(seen.back() == "b: 3");
}

TEST_CASE_FIXTURE(Fixture, "PullQueue: a completion may end the other waits") {
  wait("a", inbox, kNever, [&] { queue.fail_all(Error(Errc::operation_cancelled)); });
  wait("b");
  wait("c", loop.now() + 1s);
  put(1);
  CHECK(seen == Texts{"a: 1", "b: operation_cancelled", "c: operation_cancelled"});
  CHECK(loop.pending_timers() == 0);
}

TEST_CASE_FIXTURE(Fixture, "PullQueue: a failure ends every wait, of each inbox the oldest first") {
  wait("a");
  wait("other", other, loop.now() + 1s, [] {});
  wait("b");
  queue.fail_all(Error(Errc::operation_cancelled));
  CHECK(loop.pending_timers() == 0);
  CHECK(seen.size() == 3);
  const auto ended = std::exchange(seen, {});
  CHECK(std::count(ended.begin(), ended.end(), "other: operation_cancelled") == 1);
  std::copy_if(ended.begin(), ended.end(), std::back_inserter(seen),
               [](const std::string& text) { return !text.starts_with("other"); });
  CHECK(seen == Texts{"a: operation_cancelled", "b: operation_cancelled"});
  queue.wake(inbox);
  CHECK(seen.size() == 2);
}

}  // namespace
}  // namespace azure::iot::device::detail
