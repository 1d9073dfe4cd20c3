#include <array>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "pipeline/pending_ops.hpp"
#include "pipeline/stages/connection_retry_stage.hpp"
#include "support/test_pipeline.hpp"

// The table in the header of ConnectionRetryStage, line by line.
namespace azure::iot::device {
namespace {
using namespace test;
using enum ConnectionState;

// A far end for operations. It holds each operation until the test completes it.
class FarEndStage final : public Stage {
 public:
  std::string_view name() const override { return "FarEndStage"; }

  // The operations that have come down since the last call; empty if there are none.
  std::string came_down() { return std::exchange(came_down_, ""); }
  void emit(const Event& event) { send_event_up(event); }
  // Completes the pending change of the connection.
  void finish(Error error) {
    complete(held_.take(std::exchange(change_, OpKey{})), std::move(error));
  }

 private:
  void run_op(OpPtr op) override {
    if (op->type() == type_id<InitializePipelineOperation>()) return send_op_down(std::move(op));
    came_down_ += op->name();
    const bool changes = op->type() == type_id<ConnectOperation>() ||
                         op->type() == type_id<DisconnectOperation>() ||
                         op->type() == type_id<ReauthorizeConnectionOperation>();
    const OpKey key = held_.hold(std::move(op));
    if (changes) change_ = key;
  }

  PendingOps held_{*this, "for the test"};
  OpKey change_;
  std::string came_down_;
};
using TablePipeline = TestPipeline<ConnectionRetryStage, FarEndStage>;

enum Input {
  connect_op,
  disconnect_op,
  reauthorize_op,
  shutdown_op,
  other_op,
  connected_event,
  disconnected_event,
  op_failed,
  op_succeeded,
};
constexpr int kInputs = op_succeeded + 1;

// The result for the input: an operation, or an event, which always goes up.
enum Output { goes_down, completes, waits, nothing };

struct Row {
  ConnectionState from;
  Input input;
  ConnectionState to;
  Output output;
  bool redials = false;
};

// The state after an operation failed or succeeded. States without a pending operation have no row.
constexpr Row kTable[] = {
    {disconnected, connect_op, connecting, goes_down},
    {disconnected, disconnect_op, disconnected, completes},
    {disconnected, reauthorize_op, reauthorizing, goes_down},
    {disconnected, shutdown_op, disconnected, goes_down},
    {disconnected, other_op, disconnected, goes_down},
    {disconnected, connected_event, connected, nothing},
    {disconnected, disconnected_event, disconnected, nothing},

    {connecting, connect_op, connecting, waits},
    {connecting, disconnect_op, connecting, waits},
    {connecting, reauthorize_op, connecting, waits},
    {connecting, shutdown_op, connecting, goes_down},
    {connecting, other_op, connecting, waits},
    {connecting, connected_event, connected, nothing},
    {connecting, disconnected_event, disconnected, nothing},
    {connecting, op_failed, disconnected, nothing},
    {connecting, op_succeeded, connecting, nothing},

    {connected, connect_op, connected, completes},
    {connected, disconnect_op, disconnecting, goes_down},
    {connected, reauthorize_op, reauthorizing, goes_down},
    {connected, shutdown_op, connected, goes_down},
    {connected, other_op, connected, goes_down},
    {connected, connected_event, connected, nothing},
    {connected, disconnected_event, disconnected, nothing, true},

    {disconnecting, connect_op, disconnecting, waits},
    {disconnecting, disconnect_op, disconnecting, waits},
    {disconnecting, reauthorize_op, disconnecting, waits},
    {disconnecting, shutdown_op, disconnecting, goes_down},
    {disconnecting, other_op, disconnecting, waits},
    {disconnecting, connected_event, connected, nothing},
    {disconnecting, disconnected_event, disconnected, nothing},
    {disconnecting, op_failed, disconnected, nothing},
    {disconnecting, op_succeeded, disconnecting, nothing},

    {reauthorizing, connect_op, reauthorizing, waits},
    {reauthorizing, disconnect_op, reauthorizing, waits},
    {reauthorizing, reauthorize_op, reauthorizing, waits},
    {reauthorizing, shutdown_op, reauthorizing, goes_down},
    {reauthorizing, other_op, reauthorizing, waits},
    {reauthorizing, connected_event, connected, nothing},
    {reauthorizing, disconnected_event, reauthorizing, nothing},
    {reauthorizing, op_failed, disconnected, nothing, true},
    {reauthorizing, op_succeeded, reauthorizing, nothing},
};

void bring_to(ConnectionState state, TablePipeline& p) {
  auto& far_end = p.stage<FarEndStage>();
  if (state == disconnected) return;
  p.run<ConnectOperation>();
  if (state == connecting) return;
  far_end.emit(ConnectedEvent());
  far_end.finish({});
  if (state == disconnecting) p.run<DisconnectOperation>();
  if (state == reauthorizing) p.run<ReauthorizeConnectionOperation>();
}

template <class Op, class... Args>
Output output_of(TablePipeline& p, Args&&... args) {
  const auto run = p.run<Op>(std::forward<Args>(args)...);
  if (run.completed()) return completes;
  return p.stage<FarEndStage>().came_down() == Op::kName ? goes_down : waits;
}

Output give(Input input, TablePipeline& p) {
  auto& far_end = p.stage<FarEndStage>();
  switch (input) {
    case connect_op: return output_of<ConnectOperation>(p);
    case disconnect_op: return output_of<DisconnectOperation>(p);
    case reauthorize_op: return output_of<ReauthorizeConnectionOperation>(p);
    case shutdown_op: return output_of<ShutdownPipelineOperation>(p);
    case other_op: return output_of<MqttPublishOperation>(p, "topic", "");
    case connected_event: far_end.emit(ConnectedEvent()); break;
    case disconnected_event: far_end.emit(DisconnectedEvent()); break;
    case op_failed: far_end.finish(Errc::connection_failed); break;
    case op_succeeded: far_end.finish({}); break;
  }
  return nothing;
}

TEST_CASE(
    "ConnectionRetry: in each state each input leads to the state and the output of the table") {
  for (const Row& row : kTable) {
    CAPTURE(row.from);
    CAPTURE(static_cast<int>(row.input));
    TablePipeline p;
    bring_to(row.from, p);
    REQUIRE(p.state() == row.from);
    p.stage<FarEndStage>().came_down();
    const std::size_t events = p.events.names.size();

    CHECK(give(row.input, p) == row.output);
    CHECK(p.state() == row.to);
    CHECK(p.loop().pending_timers() == (row.redials ? 1 : 0));
    const bool is_event = row.input == connected_event || row.input == disconnected_event;
    CHECK(p.events.names.size() == events + (is_event ? 1 : 0));
  }
}

TEST_CASE("ConnectionRetry: the table has a line for each state and each input") {
  std::set<std::pair<ConnectionState, Input>> lines;
  for (const Row& row : kTable) lines.emplace(row.from, row.input);
  CHECK(lines.size() == std::size(kTable));
  constexpr std::size_t kStates = 5;
  constexpr std::size_t kWithoutOp = 2 * 2;  // Without a pending change, nothing completes.
  CHECK(lines.size() == kStates * kInputs - kWithoutOp);
}

// The entry of the header's table for one state and one input.
std::string cell(ConnectionState from, Input input) {
  for (const Row& row : kTable) {
    if (row.from != from || row.input != input) continue;
    if (row.output == waits) return "waits";
    if (row.output == completes) return "completes";
    if (row.to == from) return "-";
    return std::string(to_string(row.to)) + (row.redials ? "*" : "");
  }
  return "-";
}

TEST_CASE("ConnectionRetry: the table in the header says the same") {
  std::ifstream header(TEST_VECTORS_DIR "/../../pipeline/stages/connection_retry_stage.hpp");
  REQUIRE(header);
  std::map<std::string, std::string> documented;
  for (std::string line, slashes, state; std::getline(header, line);) {
    std::istringstream words(line);
    if (!(words >> slashes >> state) || slashes != "//") continue;
    for (std::string word; words >> word;) documented[state] += " " + word;
  }
  for (const auto from : {disconnected, connecting, connected, disconnecting, reauthorizing}) {
    std::string line;
    for (const Input input : {connect_op, disconnect_op, reauthorize_op, connected_event,
                              disconnected_event, op_failed}) {
      line += " " + cell(from, input);
    }
    CHECK(documented[std::string(to_string(from))] == line);
  }
}

}  // namespace
}  // namespace azure::iot::device
