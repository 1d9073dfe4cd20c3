#include "pipeline/operation.hpp"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "pipeline/operations.hpp"
#include "support/log_listener.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;

// Counts its instances.
struct CountedOperation : OperationOf<CountedOperation> {
  static constexpr std::string_view kName = "CountedOperation";
  explicit CountedOperation(int& alive_) : alive(alive_) { ++alive; }
  ~CountedOperation() override { --alive; }
  int& alive;
};

TEST_CASE("Operation: whoever asked last is told first, and each passes the outcome on") {
  std::string told;
  auto op = make_op<ConnectOperation>();
  op->then([&](OpPtr, Error error) { told += "a:" + std::string(to_string(error.code())); });
  op->then([&](OpPtr done, Error) {
    told += "b ";
    complete(std::move(done), Errc::timed_out);
  });
  op->then([&](OpPtr done, Error error) {
    told += error ? "failed " : "c ";
    complete(std::move(done), std::move(error));
  });
  complete(std::move(op));
  CHECK(told == "c b a:timed_out");
}

TEST_CASE("Operation: more than four may ask, in the same order") {
  std::string told;
  auto op = make_op<ConnectOperation>();
  for (char c = 'a'; c <= 'k'; ++c) {
    op->then([&told, c](OpPtr done, Error error) {
      told += c;
      complete(std::move(done), std::move(error));
    });
  }
  complete(std::move(op));
  CHECK(told == "kjihgfedcba");
}

TEST_CASE("Operation: who asks again on the way back is told by the next completion only") {
  int attempts = 0;
  Error outcome;
  auto op = make_op<ConnectOperation>();
  op->then([&](OpPtr, Error error) { outcome = std::move(error); });
  OpPtr kept;
  op->then([&](OpPtr done, Error) {
    ++attempts;
    kept = std::move(done);
  });
  complete(std::move(op), Errc::timed_out);
  REQUIRE(kept);
  kept->then([&](OpPtr done, Error error) {
    ++attempts;
    complete(std::move(done), std::move(error));
  });
  complete(std::move(kept), Errc::unauthorized);
  CHECK(attempts == 2);
  CHECK(outcome.code() == Errc::unauthorized);
}

TEST_CASE("Operation: one that is dropped completes as abandoned, once, and is gone") {
  int alive = 0;
  int told = 0;
  Error outcome;
  {
    auto op = make_op<CountedOperation>(alive);
    op->then([&](OpPtr, Error error) {
      ++told;
      outcome = std::move(error);
    });
    CHECK(alive == 1);
  }
  CHECK(outcome.code() == Errc::abandoned);
  CHECK(told == 1);
  CHECK(alive == 0);
}

TEST_CASE("Operation: a continuation that drops it abandons it for those who asked earlier") {
  Error outcome;
  auto op = make_op<ConnectOperation>();
  op->then([&](OpPtr, Error error) { outcome = std::move(error); });
  op->then([](OpPtr, Error) {});
  complete(std::move(op));
  CHECK(outcome.code() == Errc::abandoned);
}

TEST_CASE("Operation: completing one that nobody asked for does nothing but end it") {
  int alive = 0;
  complete(make_op<CountedOperation>(alive), Errc::timed_out);
  CHECK(alive == 0);
}

TEST_CASE("Operation: an exception of a continuation outside of any chain is logged") {
  const test::LogListener log(LogLevel::error);
  auto op = make_op<ConnectOperation>();
  op->then([](OpPtr, Error) { throw std::runtime_error("a defect"); });
  complete(std::move(op));
  CHECK(log.records == std::vector<std::string>{"error|EventLoop||An exception came out of a "
                                                "continuation: a defect"});
}

TEST_CASE("Operation: a continuation may take it as what it is, with its results") {
  std::string topic;
  auto op = make_op<MqttPublishOperation>("a/b", "payload");
  op->then([&](Owned<MqttPublishOperation> done, Error) { topic = done->topic; });
  complete(std::move(op));
  CHECK(topic == "a/b");
}

TEST_CASE("Operation: what a continuation captured lives until it was called, and no longer") {
  auto captured = std::make_shared<int>(7);
  const std::weak_ptr<int> watched = captured;
  int seen = 0;
  auto op = make_op<ConnectOperation>();
  op->then([&seen, held = std::move(captured)](OpPtr, Error) { seen = *held; });
  CHECK_FALSE(watched.expired());
  complete(std::move(op));
  CHECK(seen == 7);
  CHECK(watched.expired());
}

TEST_CASE("Operation: a cast finds the type it is, and leaves any other alone") {
  OpPtr op = make_op<ConnectOperation>();
  CHECK_FALSE(op_cast<DisconnectOperation>(op));
  CHECK(op);
  CHECK(op->name() == "ConnectOperation");
  const auto connect = op_cast<ConnectOperation>(op);
  CHECK(connect);
  CHECK_FALSE(op);
  CHECK_FALSE(op_cast<ConnectOperation>(op));
}

TEST_CASE("Operation: a worker completes its parent with its own outcome, in its time") {
  int told = 0;
  Error outcome;
  auto parent = make_op<ConnectOperation>();
  parent->deadline = SteadyTime(5s);
  parent->then([&](OpPtr op, Error error) {
    ++told;
    CHECK(op->name() == "ConnectOperation");
    outcome = std::move(error);
  });
  auto worker = make_worker<MqttPublishOperation>(std::move(parent), "topic", "payload");
  CHECK(worker->deadline == SteadyTime(5s));
  CHECK(told == 0);
  complete(std::move(worker), Errc::connection_dropped);
  CHECK(outcome.code() == Errc::connection_dropped);
  CHECK(told == 1);
}

TEST_CASE("Operation: a worker that is dropped abandons its parent") {
  Error outcome;
  auto parent = make_op<ConnectOperation>();
  parent->then([&](OpPtr, Error error) { outcome = std::move(error); });
  make_worker<DisconnectOperation>(std::move(parent)).reset();
  CHECK(outcome.code() == Errc::abandoned);
}

TEST_CASE("Operation: has no deadline, and needs no connection, unless it says so") {
  CHECK(make_op<ConnectOperation>()->deadline == kNever);
  CHECK_FALSE(make_op<ConnectOperation>()->needs_connection);
  CHECK(make_op<MqttPublishOperation>("t", "p")->needs_connection);
  CHECK(make_op<MqttSubscribeOperation>("t")->needs_connection);
  CHECK(make_op<MqttUnsubscribeOperation>("t")->needs_connection);
}

}  // namespace
}  // namespace azure::iot::device
