#include "iothub/handler_runner.hpp"

#include <memory>
#include <new>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "iothub/handler_manager.hpp"
#include "pipeline/loop/manual_loop.hpp"

namespace azure::iot::device {
namespace {

using Texts = std::vector<std::string>;

struct Fixture {
  ManualLoop loop;
  HandlerManager handlers{HandlerPool::create_inline(loop)};
};

TEST_CASE("Handlers: items in order, one at a time, and none twice") {
  Fixture f;
  Texts seen;
  bool inside = false;
  f.handlers.on_message_received().set_handler([&](Message m) {
    CHECK_FALSE(inside);
    inside = true;
    seen.push_back(m.data);
    if (m.data == "1") f.handlers.route_message(Message{.data = "3"});
    inside = false;
  });
  f.handlers.route_message(Message{.data = "1"});
  f.handlers.route_message(Message{.data = "2"});
  f.loop.run_posted();
  CHECK(seen == Texts{"1", "2", "3"});
}

TEST_CASE("Handlers: the call on the thread of whoever asks counts as ended, another does not") {
  Fixture f;
  int told = 0;
  const auto here = std::this_thread::get_id();
  f.handlers.on_message_received().set_handler([&](const Message&) {
    f.handlers.when_quiet(here, [&] { ++told; });
    CHECK(told == 1);
    f.handlers.when_quiet({}, [&] { ++told; });
    CHECK(told == 1);
  });
  f.handlers.route_message({});
  f.loop.run_posted();
  CHECK(told == 2);
  // That call has ended, so it is not the one that is due now.
  f.handlers.on_message_received().set_handler([&](const Message&) {});
  f.handlers.route_message({});
  f.handlers.when_quiet(here, [&] { ++told; });
  CHECK(told == 2);
  f.loop.run_posted();
  CHECK(told == 3);
}

TEST_CASE("Handlers: what a replaced handler holds is gone once it is quiet") {
  Fixture f;
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> alive = held;
  f.handlers.on_message_received().set_handler([&f, held](const Message&) {
    f.handlers.on_message_received().set_handler({});
    f.handlers.when_quiet({}, [] {});
  });
  held.reset();
  f.handlers.route_message({});
  bool gone_then = false;
  f.handlers.when_quiet({}, [&] { gone_then = alive.expired(); });
  f.loop.run_posted();
  CHECK(gone_then);
}

TEST_CASE("Handlers: what a handler holds may use the manager while it dies") {
  struct Asks {
    explicit Asks(HandlerManager& h) : handlers(h) {}
    ~Asks() { handlers.on_message_received().has_handler(); }
    HandlerManager& handlers;
  };
  Fixture f;
  f.handlers.on_message_received().set_handler(
      [asks = std::make_shared<Asks>(f.handlers)](const Message&) {});
  f.handlers.on_message_received().set_handler({});
  CHECK_FALSE(f.handlers.on_message_received().has_handler());
}

// Keeps the work that it is given, or has no memory for it.
class KeepingPool final : public HandlerPool {
 public:
  void schedule(std::shared_ptr<Strand> strand) override {
    if (full) throw std::bad_alloc();
    strands.push_back(std::move(strand));
  }
  bool full = false;
  std::vector<std::shared_ptr<Strand>> strands;
};

struct SingleRunner {
  explicit SingleRunner(const std::weak_ptr<EventLoop>& loop = {})
      : runner(std::make_shared<HandlerRunner<int>>(
            "handler", inbox, nullptr, pool, loop,
            [this](const Error& error) { reported.push_back(error.detail()); })) {}
  ~SingleRunner() { pool->strands.clear(); }  // They hold the runner, which holds the pool.

  Inbox<int> inbox{10};
  std::shared_ptr<KeepingPool> pool = std::make_shared<KeepingPool>();
  Texts reported;
  std::shared_ptr<HandlerRunner<int>> runner;
};

TEST_CASE("Handlers: a pool that could not take the work is asked again with the next item") {
  SingleRunner f;
  f.runner->set_handler([](int) {});
  f.inbox.put(1);
  f.pool->full = true;
  CHECK_THROWS_AS(f.runner->wake(), std::bad_alloc);
  f.pool->full = false;
  f.runner->wake();
  REQUIRE(f.pool->strands.size() == 1);
  f.runner->wake();
  CHECK(f.pool->strands.size() == 1);
}

TEST_CASE("Handlers: that there is no thread is reported once, until a thread runs the handler") {
  const auto loop = std::make_shared<ManualLoop>();
  for (const bool on_loop : {false, true}) {
    CAPTURE(on_loop);
    SingleRunner f(on_loop ? std::weak_ptr<EventLoop>(loop) : std::weak_ptr<EventLoop>());
    CHECK(f.runner->loop() == (on_loop ? loop : nullptr));
    f.runner->on_no_thread("none left");
    f.runner->on_no_thread("none left");
    CHECK(f.reported == Texts{"the handler handler waits for a thread, and may run on the event "
                              "loop: none left"});
    CHECK_FALSE(f.runner->run_one());
    f.runner->on_no_thread("none left");
    CHECK(f.reported.size() == (on_loop ? 1 : 2));
  }
}

}  // namespace
}  // namespace azure::iot::device
