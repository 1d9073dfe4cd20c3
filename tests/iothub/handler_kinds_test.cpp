// Rules for each kind of handler of a client.
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "iothub/handler_manager.hpp"
#include "pipeline/loop/manual_loop.hpp"
#include "support/log_listener.hpp"

namespace azure::iot::device {
namespace {

using Texts = std::vector<std::string>;

struct Fixture {
  explicit Fixture(std::size_t capacity = 4)
      : handlers(HandlerPool::create_inline(loop), capacity) {}
  ManualLoop loop;
  HandlerManager handlers;
};

struct Kind {
  std::string name;  // As in a report.
  std::function<void(HandlerManager&, std::function<void()>)> set;
  std::function<void(HandlerManager&)> route;
};

// Wraps a function without parameters as a handler of an item; an empty function stays empty.
template <class T>
std::function<void(T)> ignoring(std::function<void()> f) {
  if (!f) return {};
  return [f](const T&) { f(); };
}

const Kind kKinds[] = {
    {"on_message_received",
     [](auto& h, auto f) { h.on_message_received().set_handler(ignoring<Message>(f)); },
     [](auto& h) { h.route_message(Message{.data = "x"}); }},
    {"on_method_request_received",
     [](auto& h, auto f) {
       h.on_method_request_received().set_handler(ignoring<MethodRequest>(f));
     },
     [](auto& h) { h.route_method_request({.request_id = "1", .name = "m"}); }},
    {"on_twin_desired_properties_patch_received",
     [](auto& h, auto f) {
       h.on_twin_desired_properties_patch_received().set_handler(ignoring<Json>(f));
     },
     [](auto& h) {
       h.route_twin_patch({{"a", 1}});
     }},
    {"on_connection_state_change",
     [](auto& h, auto f) {
       h.on_connection_state_change().set_handler(ignoring<ConnectionStateEvent>(f));
     },
     [](auto& h) { h.route_connection_state({.connected = true}); }},
    {"on_new_sastoken_required", [](auto& h, auto f) { h.on_new_sastoken_required(f); },
     [](auto& h) { h.route_new_sastoken_required(); }},
    {"on_background_exception",
     [](auto& h, auto f) { h.on_background_exception().set_handler(ignoring<Error>(f)); },
     [](auto& h) { h.route_background_exception(Error(Errc::connection_dropped)); }},
};

TEST_CASE("Handlers: each kind is called with what came for it, and with nothing else") {
  for (const Kind& kind : kKinds) {
    CAPTURE(kind.name);
    Fixture f;
    int calls = 0;
    kind.set(f.handlers, [&] { ++calls; });
    for (const Kind& other : kKinds) other.route(f.handlers);
    f.loop.run_posted();
    CHECK(calls == 1);
  }
}

TEST_CASE("Handlers: it is not quiet while a handler of any kind is due") {
  for (const Kind& kind : kKinds) {
    CAPTURE(kind.name);
    Fixture f;
    kind.set(f.handlers, [] {});
    kind.route(f.handlers);
    int told = 0;
    f.handlers.when_quiet({}, [&] { ++told; });
    CHECK(told == 0);
    f.loop.run_posted();
    CHECK(told == 1);
  }
}

TEST_CASE("Handlers: with all kinds due it is quiet once, after the last") {
  Fixture f;
  int calls = 0, told = 0;
  for (const Kind& kind : kKinds) {
    kind.set(f.handlers, [&] {
      CHECK(told == 0);
      ++calls;
    });
    kind.route(f.handlers);
  }
  f.handlers.when_quiet({}, [&] { ++told; });
  f.loop.run_posted();
  CHECK(calls == 6);
  CHECK(told == 1);
}

TEST_CASE("Handlers: once stopped none is called, of whichever kind") {
  for (const Kind& kind : kKinds) {
    CAPTURE(kind.name);
    Fixture f;
    int calls = 0;
    kind.set(f.handlers, [&] { ++calls; });
    kind.route(f.handlers);
    f.handlers.stop();
    kind.route(f.handlers);
    f.loop.run_posted();
    CHECK(calls == 0);
  }
}

TEST_CASE("Handlers: an exception is reported under the name of the handler, whatever was thrown") {
  for (const Kind& kind : kKinds) {
    CAPTURE(kind.name);
    const bool reports = kind.name != "on_background_exception";
    Fixture f;
    Texts told;
    if (reports) {
      f.handlers.on_background_exception().set_handler([&](const Error& error) {
        CHECK(error.code() == Errc::user_handler);
        told.push_back(error.detail());
      });
    }
    test::LogListener log(LogLevel::error);
    kind.set(f.handlers, [] { throw std::runtime_error("boom"); });
    kind.route(f.handlers);
    f.loop.run_posted();
    kind.set(f.handlers, [] { throw 7; });
    kind.route(f.handlers);
    f.loop.run_posted();
    const std::string threw = "the handler " + kind.name + " threw: ";
    if (reports) {
      CHECK(told == Texts{threw + "boom", threw + "an exception of unknown type"});
    } else {
      REQUIRE(log.records.size() == 2);
      CHECK(log.records[0].ends_with(threw + "boom"));
    }
  }
}

TEST_CASE("Handlers: background exceptions beyond the capacity are lost, the first ones stay") {
  Fixture f(4);
  Texts told;
  f.handlers.on_background_exception().set_handler(
      [&](const Error& error) { told.push_back(error.detail()); });
  for (const char* text : {"a", "b", "c", "d", "e", "f"}) {
    f.handlers.route_background_exception(Error(Errc::connection_dropped, text));
  }
  f.loop.run_posted();
  CHECK(told == Texts{"a", "b", "c", "d"});
  f.handlers.route_background_exception(Error(Errc::connection_dropped, "g"));
  f.loop.run_posted();
  CHECK(told.back() == "g");
}

TEST_CASE("Handlers: a background exception that comes before its handler is logged, not kept") {
  Fixture f;
  test::LogListener log(LogLevel::warning);
  f.handlers.route_background_exception(Error(Errc::connection_dropped, "early"));
  CHECK(log.records == Texts{"warning|HandlerManager||background exception: connection_dropped: "
                             "early"});
  int told = 0;
  f.handlers.on_background_exception().set_handler([&](const Error&) { ++told; });
  f.loop.run_posted();
  CHECK(told == 0);
}

TEST_CASE("Handlers: of more changes of the connection than the capacity the last ones stay") {
  Fixture f(4);
  Texts told;
  f.handlers.on_connection_state_change().set_handler([&](const ConnectionStateEvent& event) {
    CHECK_FALSE(event.connected);
    told.push_back(event.cause.detail());
  });
  for (const char* text : {"a", "b", "c", "d", "e", "f"}) {
    f.handlers.route_connection_state({.cause = Error(Errc::connection_dropped, text)});
  }
  f.loop.run_posted();
  CHECK(told == Texts{"c", "d", "e", "f"});
}

TEST_CASE("Handlers: an inbox that fills up is logged once, with what comes too fast") {
  const std::string words[] = {"messages", "method requests", "desired-property patches"};
  for (std::size_t i = 0; i < 3; ++i) {
    for (const bool with_handler : {true, false}) {
      Fixture f(2);
      test::LogListener log(LogLevel::warning);
      if (with_handler) kKinds[i].set(f.handlers, [] {});
      for (int n = 0; n < 4; ++n) kKinds[i].route(f.handlers);
      CHECK(log.records == Texts{"warning|HandlerManager||" + words[i] +
                                 " come faster than the handler takes them: 2 are waiting" +
                                 (with_handler ? "" : ", and no handler is set")});
    }
  }
}

TEST_CASE("Handlers: an empty function clears the handler for new tokens") {
  Fixture f;
  int asked = 0;
  f.handlers.on_new_sastoken_required([&] { ++asked; });
  f.handlers.on_new_sastoken_required({});
  f.handlers.route_new_sastoken_required();
  f.loop.run_posted();
  CHECK(asked == 0);
  f.handlers.on_new_sastoken_required([&] { ++asked; });
  f.loop.run_posted();
  CHECK(asked == 1);  // The request was kept.
}

TEST_CASE("Handlers: the pool is given each kind once, and only with a handler and an item") {
  class CountingPool final : public HandlerPool {
   public:
    void schedule(std::shared_ptr<Strand> strand) override { due.push_back(std::move(strand)); }
    std::vector<std::shared_ptr<Strand>> due;
  };
  for (const Kind& kind : kKinds) {
    CAPTURE(kind.name);
    const auto pool = std::make_shared<CountingPool>();
    HandlerManager handlers(pool, 4);
    kind.set(handlers, [] {});
    kind.set(handlers, [] {});
    CHECK(pool->due.empty());
    kind.route(handlers);
    kind.route(handlers);
    CHECK(pool->due.size() == 1);
    while (pool->due.front()->run_one()) {
    }
    kind.route(handlers);
    CHECK(pool->due.size() == 2);
    handlers.stop();
    CHECK_FALSE(pool->due.back()->run_one());
    kind.route(handlers);
    CHECK(pool->due.size() == 2);
    pool->due.clear();
  }
}

}  // namespace
}  // namespace azure::iot::device
