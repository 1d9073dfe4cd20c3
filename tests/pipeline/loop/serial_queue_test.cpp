#include "pipeline/loop/serial_queue.hpp"

#include <memory>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "pipeline/loop/manual_loop.hpp"

namespace azure::iot::device {
namespace {

TEST_CASE("SerialQueue: on an inline pool tasks run on the loop, in order, queues taking turns") {
  ManualLoop loop;
  const auto pool = HandlerPool::create_inline(loop);
  SerialQueue a(pool), b(pool);
  std::string ran;
  a.run([&] { ran += "a1 "; });
  a.run([&] { ran += "a2 "; });
  a.run([&] { ran += "a3 "; });
  b.run([&] { ran += "b1 "; });
  CHECK(ran.empty());
  CHECK(a.pending() == 3);
  loop.run_posted();
  CHECK(ran == "a1 b1 a2 a3 ");
  CHECK(a.pending() == 0);
}

TEST_CASE("SerialQueue: a task may add tasks, which come after all that wait") {
  ManualLoop loop;
  SerialQueue queue(HandlerPool::create_inline(loop));
  std::string ran;
  queue.run([&] {
    ran += '1';
    queue.run([&] { ran += '3'; });
    CHECK(queue.pending() == 2);
  });
  queue.run([&] { ran += '2'; });
  loop.run_posted();
  CHECK(ran == "123");
  queue.run([&] { ran += '4'; });
  loop.run_posted();
  CHECK(ran == "1234");
}

TEST_CASE("SerialQueue: what a task throws is told, and the next task runs") {
  ManualLoop loop;
  std::string told;
  SerialQueue queue(HandlerPool::create_inline(loop), [&](const std::exception_ptr& exception) {
    try {
      std::rethrow_exception(exception);
    } catch (const std::exception& error) {
      told += error.what();
    }
    throw std::runtime_error("and another");  // Is logged and not passed on.
  });
  queue.run([] { throw std::runtime_error("boom"); });
  queue.run([&] { told += ", then the next"; });
  loop.run_posted();
  CHECK(told == "boom, then the next");
}

TEST_CASE("SerialQueue: closing drops what has not started, and what comes later") {
  ManualLoop loop;
  SerialQueue queue(HandlerPool::create_inline(loop));
  auto held = std::make_shared<std::string>();
  queue.run([&, held] {
    *held += '1';
    queue.close();
  });
  queue.run([held] { *held += '2'; });
  loop.run_posted();
  queue.run([held] { *held += '3'; });
  CHECK(queue.pending() == 0);
  loop.run_posted();
  CHECK(*held == "1");
  CHECK(held.use_count() == 1);
}

TEST_CASE("SerialQueue: may be destroyed by one of its own tasks") {
  ManualLoop loop;
  auto queue = std::make_unique<SerialQueue>(HandlerPool::create_inline(loop));
  auto held = std::make_shared<std::string>("still here");
  std::string seen;
  queue->run([&, held] {
    queue.reset();
    seen = *held;
  });
  queue->run([held] { *held = "ran"; });
  loop.run_posted();
  CHECK(seen == "still here");
  CHECK(held.use_count() == 1);
}

TEST_CASE("SerialQueue: lets go of its tasks when the loop of an inline pool ends first") {
  auto held = std::make_shared<int>(1);
  {
    auto loop = std::make_unique<ManualLoop>();
    SerialQueue queue(HandlerPool::create_inline(*loop));
    queue.run([held] {});
    loop.reset();
  }
  CHECK(held.use_count() == 1);
}

TEST_CASE("SerialQueue: a task need only be movable") {
  ManualLoop loop;
  SerialQueue queue(HandlerPool::create_inline(loop));
  int seen = 0;
  queue.run([&, value = std::make_unique<int>(7)] { seen = *value; });
  loop.run_posted();
  CHECK(seen == 7);
}

}  // namespace
}  // namespace azure::iot::device
