#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "names.hpp"
#include "pipeline/loop/manual_loop.hpp"
#include "pipeline/pipeline.hpp"
#include "script.hpp"
#include "scripted_transport.hpp"
#include "subjects.hpp"
#include "trace.hpp"

namespace azure::iot::device::conformance {

class RecordingStage;

// The outcome of a scripted reaction.
struct Reaction {
  Error raised;               // The exception to throw, if any.
  bool acknowledged = false;  // The acknowledgement came inside the call.
};

// An operation that the driver ran.
struct DrivenOp {
  std::string type;
  std::size_t step = 0;
  int completions = 0;
  bool given_up = false;  // Timed out, or cancelled by a shutdown.
};

// An answer to an operation that no longer waits for it.
struct LateAnswer {
  std::string op_id;  // That of an operation that is completed while another stage holds it ...
  std::string topic;  // ... or the topic that is acknowledged or cancelled.
};

// The world of one trace: the subject, its surroundings, and the clock. Feeds the steps and records
// the subject's outputs.
class World {
 public:
  // `names` maps recorded names to those here.
  World(const Trace& trace, const Subject& subject, const Names& names);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  // Runs the step and returns its outputs, in order.
  std::vector<Json> run(const Step& step);

  // The operations of the driver so far, by id.
  const std::map<std::string, DrivenOp>& driven_ops() const { return driven_ops_; }
  // Those of the last step.
  const std::vector<LateAnswer>& late_answers() const { return late_answers_; }
  // Whether, up to here, an answer came for an operation that no longer waited.
  bool had_late_answer() const { return had_late_answer_; }
  // Whether, up to here, a read of the twin failed.
  bool read_failed() const { return read_failed_; }
  // Whether the last step had an input that no operation here can carry, and that was left out.
  bool left_out_input() const { return left_out_input_; }

  // Whether a timer is pending.
  bool has_timers() const { return loop_->pending_timers() > 0; }

  // Ends the chain. Returns the problems after that, one a line: operations that were not completed
  // exactly once, and timers that are left.
  std::vector<std::string> tear_down();

  // For the neighbours and the transport. Records an output, carries out the scripted reaction, and
  // returns its outcome. "$op" is `op_id` there.
  Reaction record(std::string_view kind, Json output, const std::string& op_id = {});
  std::string id_of(Operation& op);
  // The input cannot be expressed where an operation has one owner: nothing happens, and the step
  // is answered with the recorded exception, if any.
  void answer_from_recording() { answer_from_recording_ = true; }
  void note_failed_read() { read_failed_ = true; }
  void note_late_answer(LateAnswer late) {
    had_late_answer_ = true;
    late_answers_.push_back(std::move(late));
  }
  const Names& names() const { return names_; }

 private:
  Reaction perform(Script::Actions actions, const std::string& op_id);
  void act(const Json& action, const std::string& op_id);
  void run_op(const Json& fields);
  void complete_op(const Json& fields, const std::string& op_id);
  void set(const Json& fields);
  void on_completed(const std::string& id, const Operation& op, const Error& error);
  void on_event(const Event& event);

  void call_handler(Json output);
  void observe_state();
  void settle_later();
  void settle();

  const Subject& subject_;
  const Names& names_;
  std::vector<std::string> handlers_;
  std::shared_ptr<ManualLoop> loop_;
  std::shared_ptr<bool> signing_fails_ = std::make_shared<bool>(false);
  ScriptedTransport transport_{*this};
  std::shared_ptr<Pipeline> pipeline_;
  RecordingStage* below_ = nullptr;

  Script script_;
  std::vector<Json> outputs_;
  ConnectionState last_state_;
  bool answer_from_recording_ = false;
  bool ending_ = false;

  std::size_t steps_ = 0;
  std::map<std::string, DrivenOp> driven_ops_;
  std::vector<LateAnswer> late_answers_;
  bool left_out_input_ = false;
  bool had_late_answer_ = false;
  bool read_failed_ = false;
  std::unordered_map<const Operation*, std::string> ids_;
  int last_own_id_ = 0;
  int last_request_id_ = 0;

  std::deque<std::function<void()>> callbacks_;  // For the second thread.
  std::deque<Json> posted_;  // Transport callbacks queued behind the work at hand.
  bool settling_ = false;
};

}  // namespace azure::iot::device::conformance
