#include "pipeline/pipeline.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "pipeline/loop/manual_loop.hpp"
#include "pipeline/operations.hpp"
#include "support/test_pipeline.hpp"

namespace azure::iot::device {
namespace {

// Appends its name to `way` for each operation and event that passes.
class NamedStage final : public Stage {
 public:
  NamedStage(std::string name, std::string& way) : name_(std::move(name)), way_(way) {}
  ~NamedStage() override { way_ += '~' + name_; }
  std::string_view name() const override { return name_; }

 private:
  void run_op(OpPtr op) override {
    way_ += name_;
    if (name_ == "z") return complete(std::move(op));
    send_op_down(std::move(op));
  }
  void handle_event(const Event& event) override {
    way_ += name_;
    send_event_up(event);
  }

  std::string name_;
  std::string& way_;
};

// A chain of named stages with "z" at the bottom, which completes everything.
struct Chain {
  explicit Chain(std::string_view names) {
    for (const char name : names) pipeline->append(stage(std::string(1, name)));
  }
  std::unique_ptr<NamedStage> stage(std::string name) {
    return std::make_unique<NamedStage>(std::move(name), way);
  }
  // Submits an operation from any thread; `outcome` has its result.
  void submit() {
    auto op = make_op<ConnectOperation>();
    op->then([this](OpPtr, Error error) {
      ++completions;
      outcome = std::move(error);
    });
    pipeline->submit(std::move(op));
  }

  std::string way;
  std::shared_ptr<ManualLoop> loop = std::make_shared<ManualLoop>();
  std::shared_ptr<Pipeline> pipeline = std::make_shared<Pipeline>(
      loop, PipelineConfig{}, [this](const Event& event) { way += event.name(); });
  int completions = 0;
  Error outcome;
};

TEST_CASE("Pipeline: an operation goes down the stages in the order in which they were appended") {
  Chain chain("abz");
  chain.submit();
  CHECK(chain.way.empty());  // Nothing happens on the caller's thread.
  chain.loop->run_posted();
  CHECK(chain.way == "abz");
  CHECK(chain.completions == 1);
  CHECK_FALSE(chain.outcome);
}

TEST_CASE("Pipeline: a stage of the user goes before or after a named one") {
  Chain chain("abz");
  chain.pipeline->insert_before("b", chain.stage("1"));
  chain.pipeline->insert_after("b", chain.stage("2"));
  chain.pipeline->insert_before("a", chain.stage("3"));
  chain.submit();
  chain.loop->run_posted();
  CHECK(chain.way == "3a1b2z");
}

TEST_CASE("Pipeline: a place that does not exist is refused, and the names that do are told") {
  Chain chain("az");
  CHECK_THROWS_WITH_AS(chain.pipeline->insert_before("Nowhere", chain.stage("1")),
                       "stage name: must be one of a, z; got \"Nowhere\"", std::invalid_argument);
  CHECK_THROWS_AS(chain.pipeline->insert_after("", chain.stage("2")), std::invalid_argument);
  CHECK_THROWS_AS(chain.pipeline->insert_before("PipelineRoot", chain.stage("3")),
                  std::invalid_argument);
}

TEST_CASE("Pipeline: operations of one thread enter in the order in which they were submitted") {
  Chain chain("z");
  std::string order;
  for (const char name : {'1', '2', '3'}) {
    auto op = make_op<ConnectOperation>();
    op->then([&order, name](OpPtr, Error) { order += name; });
    chain.pipeline->submit(std::move(op));
  }
  chain.loop->run_posted();
  CHECK(order == "123");
}

TEST_CASE("Pipeline: what is submitted after the close fails, and nothing runs") {
  Chain chain("az");
  chain.pipeline->close(Errc::operation_cancelled);
  chain.way.clear();
  chain.submit();
  chain.loop->run_posted();
  CHECK(chain.outcome.code() == Errc::pipeline_not_running);
  CHECK(chain.completions == 1);
  CHECK(chain.way.empty());
}

TEST_CASE("Pipeline: what was submitted before a close, and had not entered, fails too") {
  Chain chain("az");
  chain.submit();
  chain.pipeline->close(Errc::operation_cancelled);
  chain.loop->run_posted();
  CHECK(chain.outcome.code() == Errc::pipeline_not_running);
  CHECK(chain.completions == 1);
}

TEST_CASE("Pipeline: stages are gone after a close, the lowest first, and a second close is none") {
  Chain chain("abz");
  CHECK_FALSE(chain.pipeline->closed());
  chain.pipeline->close(Errc::operation_cancelled);
  CHECK(chain.pipeline->closed());
  CHECK(chain.way == "~z~b~a");
  chain.pipeline->close(Errc::operation_cancelled);
  CHECK(chain.way == "~z~b~a");
}

TEST_CASE("Pipeline: lives until what was submitted has entered, though its owner has gone") {
  Chain chain("az");
  chain.submit();
  chain.pipeline.reset();
  CHECK(chain.way.empty());
  chain.loop->run_posted();
  CHECK(chain.way == "az~z~a");
  CHECK_FALSE(chain.outcome);
  CHECK(chain.completions == 1);
}

TEST_CASE("Pipeline: an operation is told when the loop ends before it has entered") {
  auto loop = std::make_unique<ManualLoop>();
  Error outcome;
  {
    // The loop belongs to the test, so that it can be destroyed first.
    auto pipeline = std::make_shared<Pipeline>(std::shared_ptr<EventLoop>(loop.get(), [](auto*) {}),
                                               PipelineConfig{}, [](const Event&) {});
    auto op = make_op<ConnectOperation>();
    op->then([&](OpPtr, Error error) { outcome = std::move(error); });
    pipeline->submit(std::move(op));
  }
  loop.reset();
  CHECK(outcome.code() == Errc::pipeline_not_running);
}

TEST_CASE("Pipeline: an exception of whoever receives the events goes no further") {
  auto loop = std::make_shared<ManualLoop>();
  test::FakeMqttTransport transport;
  auto pipeline = std::make_shared<Pipeline>(
      loop, PipelineConfig{}, [](const Event&) { throw std::runtime_error("the user's defect"); });
  pipeline->append(std::make_unique<MqttTransportStage>(transport.factory()));
  pipeline->enter(make_op<InitializePipelineOperation>());
  Error outcome = Errc::abandoned;
  auto op = make_op<ConnectOperation>();
  op->then([&](OpPtr, Error error) { outcome = std::move(error); });
  pipeline->enter(std::move(op));
  loop->run_posted();
  CHECK_FALSE(outcome);
}

TEST_CASE("Pipeline: request ids are UUIDs of version 4, and all else in them is random") {
  constexpr std::string_view kDigits = "0123456789abcdef";
  // A digit with 16 possible values lacks one of them with a probability of 1e-13.
  std::vector<std::string> ids(500);
  for (std::string& id : ids) id = make_uuid();
  for (const std::string& id : ids) REQUIRE(id.size() == 36);
  for (std::size_t at = 0; at < 36; ++at) {
    CAPTURE(at);
    std::set<char> seen;
    for (const std::string& id : ids) seen.insert(id[at]);
    std::string_view expected = kDigits;
    if (at == 8 || at == 13 || at == 18 || at == 23) expected = "-";
    if (at == 14) expected = "4";
    if (at == 19) expected = "89ab";
    CHECK(std::string(seen.begin(), seen.end()) == expected);
    for (std::size_t other = 0; other < at && expected == kDigits; ++other) {
      CHECK(std::any_of(ids.begin(), ids.end(),
                        [&](const std::string& id) { return id[at] != id[other]; }));
    }
  }
}

TEST_CASE("Pipeline: each state of the connection has its name") {
  using enum ConnectionState;
  CHECK(to_string(disconnected) == "disconnected");
  CHECK(to_string(connecting) == "connecting");
  CHECK(to_string(connected) == "connected");
  CHECK(to_string(disconnecting) == "disconnecting");
  CHECK(to_string(reauthorizing) == "reauthorizing");
}

}  // namespace
}  // namespace azure::iot::device
