// The limits of a shutdown's wait.
#include <chrono>

#include <doctest/doctest.h>

#include "support/doctest_texts.hpp"
#include "tests/clients/held_handlers.hpp"
#include "tests/clients/keeping_stage.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

TEST_CASE("Shutdown: a call that waits for a cleared handler ends with it") {
  HeldHandlersClient test;
  test.on_message([](const Message&) {});
  test.on_method([](const MethodRequest&) {});
  test.receive_c2d("held");
  test.invoke_method("held", "{}");
  const auto message = test.on_message({});
  const auto method = test.on_method({});
  CHECK_FALSE(message.done());
  CHECK_FALSE(method.done());
  const auto shutdown = test.shutdown();
  CHECK(message.error().code() == Errc::operation_cancelled);
  CHECK(method.error().code() == Errc::operation_cancelled);
  test.run_handlers();
  CHECK(shutdown.succeeded());
}

TEST_CASE("Shutdown: a handler that was cleared before is not waited for twice") {
  HeldHandlersClient test;
  test.on_message([](const Message&) {});
  test.receive_c2d("held");
  const auto clear = test.on_message({});
  CHECK_FALSE(clear.done());
  test.run_handlers();
  CHECK(clear.succeeded());
  CHECK(test.shutdown().succeeded());
  CHECK(clear.succeeded());
}

TEST_CASE("Shutdown: handlers that are due get the rest of 0.9 s, and are not called afterwards") {
  for (const bool in_time : {true, false}) {
    CAPTURE(in_time);
    HeldHandlersClient test;
    int handled = 0;
    test.on_message([&](const Message&) { ++handled; });
    test.receive_c2d("held");
    const auto shutdown = test.shutdown();
    test.advance(900ms - 1ns);
    CHECK_FALSE(shutdown.done());
    if (!in_time) test.advance(1ns);
    CHECK(shutdown.done() == !in_time);
    test.run_handlers();
    CHECK(handled == (in_time ? 1 : 0));
    CHECK(shutdown.succeeded());
    CHECK(test.loop->pending_timers() == 0);
  }
}

TEST_CASE("Shutdown: a stage that keeps its operation does not keep the client beyond 0.9 s") {
  TestClient test({.stages = {keep_at_top<ShutdownPipelineOperation>()}});
  test.connect();
  test.transport.script_acks({stall});
  const auto send = test.send("x");
  const auto shutdown = test.shutdown();
  test.advance(900ms - 1ns);
  CHECK_FALSE(shutdown.done());
  test.advance(1ns);
  CHECK(shutdown.succeeded());
  CHECK(send.error().code() == Errc::operation_cancelled);
  CHECK_FALSE(test.core->connected());
  CHECK(test.loop->pending_timers() == 0);
}

TEST_CASE("Shutdown: a disconnect that is kept has 0.5 s of it") {
  TestClient test({.stages = {keep_at_top<DisconnectOperation>()}});
  test.connect();
  const auto shutdown = test.shutdown();
  test.advance(500ms - 1ns);
  CHECK_FALSE(shutdown.done());
  test.advance(1ns);
  CHECK(shutdown.succeeded());
  CHECK(test.loop->pending_timers() == 0);
}

TEST_CASE("Shutdown: without a connection nothing is told to the far end or the handler") {
  TestClient test;
  int told = 0;
  test.core->on_connection_state_change([&](const auto&) { ++told; });
  CHECK(test.shutdown().succeeded());
  CHECK(told == 0);
  CHECK(test.transport.disconnects() == 0);
}

TEST_CASE("Shutdown: from inside a handler it waits for the others, and not for its caller") {
  TestClient test;
  auto client = test.device_client();
  client.on_message_received([&](const Message&) { client.shutdown(); });
  test.receive_c2d("end");
  CHECK(test.loop->now() == SteadyTime());
  CHECK_FALSE(client.connected());
  CHECK_THROWS_AS(client.connect(), ClientError);
}

}  // namespace
}  // namespace azure::iot::device::test
