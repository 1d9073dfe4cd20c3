#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <pthread.h>

#include "clients/iothub_device_client.hpp"
#include "iothub/handler_manager.hpp"
#include "pipeline/loop/serial_queue.hpp"
#include "threads/loop_probe.hpp"
#include "transport/resolver.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;

// Until the end of the scope no thread can be started: each asks for a stack that does not fit.
class NoThreads {
 public:
  NoThreads() {
    ::pthread_getattr_default_np(&before_);
    pthread_attr_t too_large;
    ::pthread_attr_init(&too_large);
    ::pthread_attr_setstacksize(&too_large, std::size_t{1} << 50);
    ::pthread_setattr_default_np(&too_large);
    ::pthread_attr_destroy(&too_large);
  }
  NoThreads(const NoThreads&) = delete;
  NoThreads& operator=(const NoThreads&) = delete;
  ~NoThreads() {
    ::pthread_setattr_default_np(&before_);
    ::pthread_attr_destroy(&before_);
  }

 private:
  pthread_attr_t before_;
};

const std::string kNoThread =
    "The thread azure-iot-hdlr cannot be started: Resource temporarily unavailable";

// The handlers of a client, with a pool of their own.
struct Handlers {
  Handlers() {
    manager.on_message_received().set_handler([this](Message) {
      if (loop->in_loop_thread()) ++on_loop_thread;
      ++handled;
    });
    manager.on_background_exception().set_handler([this](const Error& error) {
      const std::lock_guard lock(mutex);
      reports.push_back(error.detail());
    });
  }
  ~Handlers() { manager.stop(); }
  std::vector<std::string> reported() {
    const std::lock_guard lock(mutex);
    return reports;
  }

  const std::shared_ptr<EventLoop> loop = EventLoop::create();
  std::atomic<int> handled = 0;
  std::atomic<int> on_loop_thread = 0;
  std::mutex mutex;
  std::vector<std::string> reports;
  HandlerManager manager{HandlerPool::create(), 100, loop};
};

TEST_CASE("No thread: handlers wait for the next one by themselves, and the application is told") {
  Handlers handlers;
  {
    const NoThreads no_threads;
    for (int i = 0; i < 10; ++i) handlers.manager.route_message(Message("x"));
    std::this_thread::sleep_for(100ms);
    CHECK(handlers.handled == 0);
  }
  CHECK(eventually([&] { return handlers.handled == 10; }));
  CHECK(handlers.on_loop_thread == 0);
  CHECK(eventually([&] { return !handlers.reported().empty(); }));
  CHECK(handlers.reported() ==
        std::vector<std::string>{"the handler on_message_received waits for a thread, and may run "
                                 "on the event loop: " +
                                 kNoThread});
}

TEST_CASE("No thread: where none comes, handlers run on the event loop") {
  Handlers handlers;
  const NoThreads no_threads;
  for (int i = 0; i < 10; ++i) handlers.manager.route_message(Message("x"));
  CHECK(eventually([&] { return handlers.handled == 10; }));
  CHECK(handlers.on_loop_thread == 10);
  CHECK(eventually([&] { return handlers.reported().size() == 1; }));
  // Each later message, too, and without another report.
  for (int i = 0; i < 3; ++i) handlers.manager.route_message(Message("x"));
  CHECK(eventually([&] { return handlers.handled == 13; }));
  CHECK(handlers.reported().size() == 1);
}

TEST_CASE("No thread: a thread that is busy for long does not keep others waiting for ever") {
  const auto loop = EventLoop::create();
  const auto pool = HandlerPool::create();
  SerialQueue blocked(pool), waiting(pool, nullptr, loop);
  std::promise<void> release, entered, done;
  blocked.run([&, until = release.get_future().share()] {
    entered.set_value();
    until.wait();
  });
  get(entered.get_future());
  {
    const NoThreads no_threads;
    waiting.run([&] { done.set_value(); });
  }
  get(done.get_future());
  release.set_value();
}

TEST_CASE("No thread: what waits goes with its loop, and keeps neither it nor the pool") {
  auto held = std::make_shared<int>(1);
  auto loop = EventLoop::create();
  auto pool = HandlerPool::create();
  auto queue = std::make_unique<SerialQueue>(pool, nullptr, loop);
  {
    const NoThreads no_threads;
    queue->run([held] {});
  }
  const std::weak_ptr<HandlerPool> watched = pool;
  queue.reset();
  loop.reset();
  pool.reset();
  CHECK(watched.expired());
  CHECK(held.use_count() == 1);
}

TEST_CASE("No thread: a loop cannot be made, says so, and can be made afterwards") {
  {
    const NoThreads no_threads;
    CHECK_THROWS_WITH_AS(
        EventLoop::shared(),
        "The thread azure-iot-loop cannot be started: Resource temporarily unavailable",
        std::system_error);
    CHECK_THROWS_AS(IoTHubDeviceClient::create_from_symmetric_key("a2V5", "hub.example", "device"),
                    std::system_error);
  }
  CHECK(EventLoop::shared());
  IoTHubDeviceClient::create_from_symmetric_key("a2V5", "hub.example", "device");
}

TEST_CASE("No thread: a name that cannot be looked up is an answer, and the next one is found") {
  const auto ask = [] {
    std::promise<Resolver::Answer> told;
    auto answer = told.get_future();
    Resolver::system()->resolve("localhost",
                                [&](Resolver::Answer a) { told.set_value(std::move(a)); });
    return get(std::move(answer));
  };
  {
    const NoThreads no_threads;
    const auto answer = ask();
    REQUIRE_FALSE(answer);
    CHECK(answer.error().detail() ==
          "the name localhost could not be resolved: The thread azure-iot-dns cannot be started: "
          "Resource temporarily unavailable");
  }
  CHECK(ask());
}

}  // namespace
}  // namespace azure::iot::device
