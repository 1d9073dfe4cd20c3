#include <stdexcept>

#include <doctest/doctest.h>

#include "pipeline/operations.hpp"
#include "testkit/test_client.hpp"
#include "tests/clients/refusal.hpp"

namespace azure::iot::device::test {
namespace {

using Texts = std::vector<std::string>;

// Records, by its name, the connects that pass down and the events that pass up.
class NotingStage final : public Stage {
 public:
  NotingStage(std::string name, Texts& notes) : name_(std::move(name)), notes_(notes) {}
  std::string_view name() const override { return name_; }

 private:
  void run_op(OpPtr op) override {
    if (op->type() == type_id<ConnectOperation>()) notes_.push_back(name_ + " down");
    send_op_down(std::move(op));
  }
  void handle_event(const Event& event) override {
    if (event.name() == "ConnectedEvent") notes_.push_back(name_ + " up");
    send_event_up(event);
  }

  std::string name_;
  Texts& notes_;
};

class ThrowingStage final : public Handles<ThrowingStage, Ops<MqttPublishOperation>> {
 public:
  std::string_view name() const override { return "ThrowingStage"; }
  void run(Owned<MqttPublishOperation>) { throw std::runtime_error("out of order"); }
};

StageFactory noting(std::string name, Texts& notes) {
  return [name, &notes] { return std::make_unique<NotingStage>(name, notes); };
}

TEST_CASE("User stages: they stand where they were put, in the order of the list") {
  Texts notes;
  TestClient client(
      {.stages = {before("AutoConnectStage", noting("a", notes)),
                  before("AutoConnectStage", noting("b", notes)),
                  after("RetryStage", noting("d", notes)), after("RetryStage", noting("c", notes)),
                  after("c", noting("c2", notes))}});
  CHECK(client.connect().succeeded());
  CHECK(notes == Texts{"a down", "b down", "c down", "c2 down", "d down",  //
                       "d up", "c2 up", "c up", "b up", "a up"});
}

TEST_CASE("User stages: the ends of the chain are places too") {
  Texts notes;
  TestClient client({.stages = {before("SasTokenStage", noting("first", notes)),
                                before("MqttTransportStage", noting("last", notes)),
                                after("MqttTransportStage", noting("below", notes))}});
  CHECK(client.connect().succeeded());
  CHECK(notes == Texts{"first down", "last down", "last up", "first up"});
}

TEST_CASE("User stages: one list of options serves several clients, each with stages of its own") {
  int made = 0;
  Texts notes;
  const ConnectionStringOptions options{.stages = {before("SasTokenStage", [&] {
                                          ++made;
                                          return std::make_unique<NotingStage>("a", notes);
                                        })}};
  TestClient one(options), other(options);
  CHECK(made == 2);
  CHECK(one.connect().succeeded());
  CHECK(other.connect().succeeded());
}

TEST_CASE("User stages: what one throws ends the operation, and is told as background exception") {
  TestClient client(
      {.stages = {before("MqttTransportStage", [] { return std::make_unique<ThrowingStage>(); })}});
  Texts told;
  client.core->on_background_exception([&](const IotError& e) { told.push_back(e.what()); });
  const auto sent = client.send("21.5");
  CHECK(sent.error().code() == Errc::abandoned);
  REQUIRE(told.size() == 1);
  CHECK(told[0].find("ThrowingStage: out of order") != std::string::npos);
  CHECK(client.transport.published().empty());
  CHECK(client.core->connected());  // Nothing else is affected.
  CHECK(client.disconnect().succeeded());
}

// Fails the operation that initializes the chain.
class UnreadyStage final : public Handles<UnreadyStage, Ops<InitializePipelineOperation>> {
 public:
  explicit UnreadyStage(Errc code) : code_(code) {}
  std::string_view name() const override { return "UnreadyStage"; }
  void run(Owned<InitializePipelineOperation> op) {
    complete(std::move(op), Error(code_, "not ready"));
  }

 private:
  const Errc code_;
};

TEST_CASE("User stages: one that cannot be made ready fails the factory with its error") {
  const auto create = [](Errc code) {
    TestClient client({.stages = {before("MqttTransportStage", [code] {
                         return std::make_unique<UnreadyStage>(code);
                       })}});
  };
  CHECK_THROWS_WITH_AS(create(Errc::operation_error), doctest::Contains("not ready"), ClientError);
  CHECK_THROWS_AS(create(Errc::connection_failed), ConnectionFailedError);
  CHECK_THROWS_WITH_AS(create(Errc::bad_content), "not ready", std::invalid_argument);
}

std::string refusal(StageInsertion insertion) {
  return refusal_of([&] { TestClient client({.stages = {std::move(insertion)}}); });
}

TEST_CASE("User stages: an unknown name is refused with the names that there are") {
  Texts notes;
  CHECK(refusal(before("NoSuchStage", noting("a", notes))) ==
        "stage name: must be one of SasTokenStage, EnsureDesiredPropertiesStage, "
        "TwinRequestResponseStage, CoordinateRequestAndResponseStage, IotHubMqttTranslationStage, "
        "AutoConnectStage, ConnectionRetryStage, RetryStage, OpTimeoutStage, MqttTransportStage; "
        "got \"NoSuchStage\"");
}

TEST_CASE("User stages: a factory that makes nothing is refused") {
  const std::string text =
      "stages: each needs a function that makes it; none was made for the place at \"RetryStage\"";
  CHECK(refusal(before("RetryStage", {})) == text);
  CHECK(refusal(after("RetryStage", [] { return std::unique_ptr<Stage>(); })) == text);
}

}  // namespace
}  // namespace azure::iot::device::test
