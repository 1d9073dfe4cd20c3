#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "pipeline/events.hpp"
#include "pipeline/loop/manual_loop.hpp"
#include "pipeline/operations.hpp"
#include "pipeline/pending_ops.hpp"
#include "pipeline/pipeline.hpp"

namespace azure::iot::device {
namespace {

// Holds operations in one of two places, and may throw when it is closed.
class TwoPlacesStage final : public Stage {
 public:
  explicit TwoPlacesStage(bool throws) : throws_(throws) {}
  std::string_view name() const override { return "TwoPlacesStage"; }

 private:
  void run_op(OpPtr op) override {
    const bool first = op->type() == type_id<ConnectOperation>();
    (first ? first_ : second_).hold(std::move(op));
  }
  void on_close() override {
    if (throws_) throw std::runtime_error("the user's defect");
  }

  const bool throws_;
  PendingOps first_{*this, "here"};
  PendingOps second_{*this, "there"};
};

// Records the events that pass.
class NotingStage final : public Stage {
 public:
  explicit NotingStage(int& events) : events_(events) {}
  std::string_view name() const override { return "NotingStage"; }

 private:
  void handle_event(const Event& event) override {
    ++events_;
    send_event_up(event);
  }
  int& events_;
};

// Sends an event up when it is closed, and another when it is destroyed.
class LastWordsStage final : public Stage {
 public:
  ~LastWordsStage() override { send_event_up(ConnectedEvent()); }
  std::string_view name() const override { return "LastWordsStage"; }

 private:
  void on_close() override { send_event_up(ConnectedEvent()); }
};

struct Chain {
  explicit Chain(bool throws) {
    pipeline->append(std::make_unique<TwoPlacesStage>(throws));
    enter(make_op<ConnectOperation>());
    enter(make_op<DisconnectOperation>());
  }
  void enter(OpPtr op) {
    op->then([this](OpPtr, Error error) { outcomes.push_back(std::move(error)); });
    pipeline->enter(std::move(op));
  }

  std::vector<Error> outcomes;
  std::vector<std::string> reported;
  std::shared_ptr<ManualLoop> loop = std::make_shared<ManualLoop>();
  std::shared_ptr<Pipeline> pipeline = std::make_shared<Pipeline>(
      loop, PipelineConfig{}, [this](const Event& event) { reported.emplace_back(event.name()); });
};

}  // namespace

TEST_CASE("Closing: what a stage holds in any of its places fails, with the reason") {
  Chain chain(false);
  CHECK(chain.outcomes.empty());
  chain.pipeline->close(Error(Errc::operation_cancelled, "by the test"));
  REQUIRE(chain.outcomes.size() == 2);
  for (const Error& outcome : chain.outcomes) CHECK(outcome.detail() == "by the test");
  CHECK(chain.reported.empty());
}

TEST_CASE("Closing: a stage that throws when it is closed is reported, and holds nothing back") {
  Chain chain(true);
  chain.pipeline->close(Errc::operation_cancelled);
  CHECK(chain.outcomes.size() == 2);
  CHECK(chain.reported == std::vector<std::string>{"BackgroundExceptionEvent"});
  CHECK(chain.pipeline->closed());
}

TEST_CASE("Closing: a caller that closes it again, when its operation fails, changes nothing") {
  Chain chain(false);
  auto last = make_op<MqttPublishOperation>("topic", "");
  last->then([&](OpPtr, Error) { chain.pipeline->close(Error(Errc::timed_out, "once more")); });
  chain.pipeline->enter(std::move(last));
  chain.enter(make_op<MqttPublishOperation>("topic", ""));
  chain.pipeline->close(Error(Errc::operation_cancelled, "by the test"));
  REQUIRE(chain.outcomes.size() == 3);
  for (const Error& outcome : chain.outcomes) CHECK(outcome.detail() == "by the test");
  CHECK(chain.reported.empty());
}

TEST_CASE("Closing: a stage that is closed receives no event, of whatever is left below") {
  Chain chain(false);
  int events = 0;
  chain.pipeline->append(std::make_unique<NotingStage>(events));
  chain.pipeline->append(std::make_unique<LastWordsStage>());
  chain.pipeline->close(Errc::operation_cancelled);
  CHECK(events == 1);
  CHECK(chain.reported == std::vector<std::string>{"ConnectedEvent"});
}

TEST_CASE("Closing: a pipeline that nobody owns any more fails what its stages hold") {
  Chain chain(false);
  chain.pipeline.reset();
  REQUIRE(chain.outcomes.size() == 2);
  for (const Error& outcome : chain.outcomes) {
    CHECK(outcome.code() == Errc::pipeline_not_running);
  }
}

TEST_CASE("Closing: what enters a pipeline that is closed fails at once") {
  Chain chain(false);
  chain.pipeline->close(Errc::operation_cancelled);
  chain.enter(make_op<ConnectOperation>());
  REQUIRE(chain.outcomes.size() == 3);
  CHECK(chain.outcomes.back().code() == Errc::pipeline_not_running);
  CHECK(chain.outcomes.back().detail() == "the pipeline was shut down");
}

}  // namespace azure::iot::device
