#include "iothub/handler_manager.hpp"

#include <stdexcept>

#include <doctest/doctest.h>

#include "pipeline/loop/manual_loop.hpp"

namespace azure::iot::device {
namespace {

using Texts = std::vector<std::string>;

struct Fixture {
  explicit Fixture(std::size_t capacity = InboxManager::kCapacity)
      : handlers(HandlerPool::create_inline(loop), capacity) {}
  void send(std::string text) { handlers.route_message(Message{.data = std::move(text)}); }

  ManualLoop loop;
  Texts seen, reported;
  HandlerManager handlers;
};

TEST_CASE_FIXTURE(Fixture, "HandlerManager: nothing is dropped while the handler is away") {
  for (int i = 0; i < 3000; ++i) send(std::to_string(i));
  handlers.on_message_received().set_handler([&](Message m) { seen.push_back(m.data); });
  loop.run_posted();
  REQUIRE(seen.size() == 3000);
  CHECK(seen.front() == "0");
  CHECK(seen.back() == "2999");
}

TEST_CASE("HandlerManager: an inbox that fills up asks for a pause until half of it is taken") {
  Fixture f(4);
  Texts asked;
  InboxPressure& pressure = f.handlers.inboxes().pressure;
  pressure.when_changed([&] { asked.push_back(pressure.high() ? "wait" : "go on"); });
  for (int i = 0; i < 3; ++i) f.send("x");
  CHECK(asked.empty());
  for (int i = 0; i < 7; ++i) f.send("x");
  CHECK(asked == Texts{"wait"});

  std::size_t left_then = 0;
  f.handlers.on_message_received().set_handler([&](const Message&) {
    if (asked.size() == 2 && left_then == 0) left_then = f.handlers.inboxes().messages.size();
  });
  f.loop.run_posted();
  CHECK(asked == Texts{"wait", "go on"});
  CHECK(left_then == 2);
}

TEST_CASE_FIXTURE(Fixture, "HandlerManager: the last demand for a new token waits for a handler") {
  handlers.route_new_sastoken_required();
  handlers.route_new_sastoken_required();
  loop.run_posted();
  int asked = 0;
  handlers.on_new_sastoken_required([&] { ++asked; });
  loop.run_posted();
  CHECK(asked == 1);
  handlers.route_new_sastoken_required();
  loop.run_posted();
  CHECK(asked == 2);
}

TEST_CASE_FIXTURE(Fixture, "HandlerManager: a change of the connection that nobody heard is past") {
  handlers.route_connection_state({.connected = true});
  std::vector<bool> states;
  handlers.on_connection_state_change().set_handler(
      [&](const ConnectionStateEvent& e) { states.push_back(e.connected); });
  handlers.route_connection_state({.connected = false});
  loop.run_posted();
  CHECK(states == std::vector<bool>{false});
}

TEST_CASE_FIXTURE(Fixture, "HandlerManager: a handler may replace and clear itself") {
  handlers.on_message_received().set_handler([&](const Message& first) {
    seen.push_back("first " + first.data);
    handlers.on_message_received().set_handler([&](const Message& second) {
      seen.push_back("second " + second.data);
      handlers.on_message_received().set_handler({});
    });
  });
  for (const char* text : {"a", "b", "c"}) send(text);
  loop.run_posted();
  CHECK(seen == Texts{"first a", "second b"});
  CHECK(handlers.inboxes().messages.size() == 1);
}

TEST_CASE_FIXTURE(Fixture,
                  "HandlerManager: what the handler for background exceptions throws ends "
                  "there") {
  handlers.on_background_exception().set_handler([&](const Error& e) {
    reported.push_back(e.detail());
    throw 1;
  });
  handlers.route_background_exception(Error(Errc::connection_dropped, "a"));
  handlers.route_background_exception(Error(Errc::connection_dropped, "b"));
  loop.run_posted();
  CHECK(reported == Texts{"a", "b"});
}

TEST_CASE_FIXTURE(Fixture, "HandlerManager: it is quiet once everything has been handled") {
  bool quiet = false;
  handlers.when_quiet({}, [&] { quiet = true; });
  CHECK(quiet);

  handlers.on_message_received().set_handler([&](Message m) { seen.push_back(m.data); });
  send("a");
  send("b");
  quiet = false;
  handlers.when_quiet({}, [&] {
    quiet = true;
    CHECK(seen.size() == 2);
  });
  CHECK_FALSE(quiet);
  loop.run_posted();
  CHECK(quiet);
}

TEST_CASE("HandlerManager: one that goes away calls nobody any more") {
  ManualLoop loop;
  int calls = 0;
  {
    HandlerManager handlers(HandlerPool::create_inline(loop));
    handlers.on_message_received().set_handler([&](const Message&) { ++calls; });
    handlers.route_message(Message{.data = "a"});
  }
  loop.run_posted();
  CHECK(calls == 0);
}

}  // namespace
}  // namespace azure::iot::device
